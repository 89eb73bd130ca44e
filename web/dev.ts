import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createServer, type Plugin } from 'vite'

// `npm run dev`: a shop that has no page, and before it, at the shop's address, a server that shows each change of the page
// at once.
const root = fileURLToPath(new URL('.', import.meta.url))
const host = '127.0.0.1'
const port = Number(process.env.PORT ?? 8080)
const url = `http://${host}:${port}`

const shop = startShop()
const end = () => void shop.kill('SIGTERM')
process.once('SIGINT', end).once('SIGTERM', end)
shop.once('exit', (code) => process.exit(code ?? 1))

const target = await addressOf(shop)
const server = await createServer({
  root,
  cacheDir: `${root}../node_modules/.vite`,
  configFile: `${root}vite.config.ts`,
  configLoader: 'native',
  plugins: [silentFrame(), cardsMeta()],
  server: {
    host,
    port,
    strictPort: true,
    proxy: { '^/(api|oidc|docs|gateway-demo|images|health|metrics|openapi\\.json)(/|$)': { target, ws: true } },
  },
})
await server.listen()
console.log(`page ${url}`)

/** With the page's address for its own, so that people can sign in there; it ends with this process, however that ends. */
function startShop(): ChildProcess {
  const env = { ...process.env, PORT: '0', PUBLIC_URL: url, DOORBUSTER_LAUNCHER: String(process.pid) }
  const args = ['launch.js', 'src/main.ts', 'start', '--no-page']
  return spawn(process.execPath, args, { cwd: `${root}..`, env, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
}

async function addressOf({ stdout }: ChildProcess): Promise<string> {
  if (!stdout) throw new Error('the output of the shop is not piped')
  const found = Promise.withResolvers<string>()
  createInterface({ input: stdout }).on('line', (line) => {
    console.log(line)
    const [, address] = /^ready (\S+)$/.exec(line) ?? []
    if (address) found.resolve(address)
  })
  return await found.promise
}

/** As the shop says it in its own documents. */
function cardsMeta(): Plugin {
  const isTaken = process.env.PAYMENT_URL !== 'none'
  const tags = isTaken ? [{ tag: 'meta', attrs: { name: 'cards', content: 'demo' } }] : []
  return { name: 'cards-meta', transformIndexHtml: () => tags }
}

/** The shop serves this file at the address that the issuer knows. */
function silentFrame(): Plugin {
  return {
    name: 'silent-frame',
    configureServer({ middlewares }) {
      middlewares.use((request, _response, next) => {
        if (request.url?.startsWith('/signed-in/silent')) request.url = '/silent.html'
        next()
      })
    },
  }
}
