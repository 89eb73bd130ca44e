import { open, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

// `node build.ts <folder of the page> <folder to write>`. In a process of its own: no shop carries the builder about.
process.env.NODE_ENV = 'production'
process.umask(0o022)
const { build } = await import('vite')

/** Below this the answer's head is longer than what is saved, bytes. */
const WORTH_IT = 1024
const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } }

const [root = '', folder = ''] = process.argv.slice(2)
try {
  await build({
    root,
    configFile: join(root, 'vite.config.ts'),
    configLoader: 'native',
    logLevel: 'silent',
    build: { outDir: folder, emptyOutDir: true },
  })
  const files = await readdir(folder, { recursive: true, withFileTypes: true })
  await Promise.all(files.filter((file) => file.isFile()).map(({ parentPath, name }) => finish(join(parentPath, name))))
} catch (error) {
  // What is wrong with a source, and where; whence it was thrown is the builder's own business.
  console.error((error as Error).message)
  process.exitCode = 1
}

/** Compressed once as well as can be, so that no request waits for it; on the disk before anybody relies on it. */
async function finish(path: string): Promise<void> {
  const bytes = await readFile(path)
  if (bytes.length > WORTH_IT && /\.(js|css|svg|json)$/.test(path)) {
    await writeSynced(`${path}.br`, await promisify(brotliCompress)(bytes, quality))
    await writeSynced(`${path}.gz`, await promisify(gzip)(bytes, { level: 9 }))
  }
  await writeSynced(path, bytes)
}

async function writeSynced(path: string, bytes: Buffer): Promise<void> {
  await using file = await open(path, 'w')
  await writeFile(file, bytes)
  await file.sync()
}
