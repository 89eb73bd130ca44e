import { mkdirSync } from 'node:fs'
import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from './config.ts'
import { DEMO_PREFIX } from './gateway-demo/keys.ts'
import type { DemoGatewayServer } from './gateway-demo/open.ts'
import { adminPaymentRoutes } from './http/admin-payment-routes.ts'
import { adminRoutes } from './http/admin-routes.ts'
import { demoGatewayRoutes } from './http/demo-gateway-routes.ts'
import { docsRoutes } from './http/docs-routes.ts'
import { liveRoutes } from './http/live.ts'
import { opsGauges, opsRoutes } from './http/ops-routes.ts'
import { orderRoutes } from './http/order-routes.ts'
import { Page } from './http/page-document.ts'
import { lostVisitor, pageRoutes } from './http/page-routes.ts'
import { paymentRoutes } from './http/payment-routes.ts'
import { purchaseRoutes } from './http/purchase-routes.ts'
import { saleRoutes } from './http/sale-routes.ts'
import { listen, makeServer, type ServerParts } from './http/server.ts'
import { openShared, openStores } from './open-stores.ts'
import { builtPage } from './page/build.ts'
import { makeParts, type Parts } from './parts.ts'
import { gatewayName } from './payment/payment-address.ts'
import { systemClock } from './platform/clock.ts'
import type { App } from './platform/http.ts'
import { makeLog } from './platform/log.ts'
import { cancelOrder, refundOrder } from './purchase/settle-order.ts'
import { startRoles } from './roles.ts'
import { gatewayAlone, isGatewayAlone, ownGateway } from './serve-gateway.ts'
import { ensureAdministrator } from './shop/accounts/administrator.ts'
import { mountIdentity } from './shop/accounts/identity.ts'
import { accountRoutes } from './shop/accounts/routes.ts'
import { catalogueRoutes } from './shop/catalogue/routes.ts'
import { drillRoutes } from './shop/drills/routes.ts'
import { version } from './version.ts'

/** A signal lets everything that was begun come to its end; what takes longer than this is cut off, milliseconds. */
const DRAIN_MS = 10_000
/** Of several processes that start at once one makes what an empty shop lacks; the others wait for it, or so long for one that was killed. */
const FIRST_START_MS = 30_000

/** Runs the shop until a signal. `withPage`: what people see, not only the API. */
export async function serve(config: Config, withPage: boolean): Promise<void> {
  const log = makeLog(config.logLevel)
  const onBug = (error: unknown) => {
    log.fatal({ event: 'bug', err: error }, 'this should not be possible; the process ends, and may be started again')
    process.exit(70)
  }
  process.on('uncaughtException', onBug)
  const told = waitForSignal()
  if (isGatewayAlone(config)) return serveGateway(config, log, onBug, told)
  const isApi = config.roles.includes('api')
  const page = withPage && isApi ? makePage(config, log, told) : null
  const stack = new AsyncDisposableStack()
  const { stores } = stack.use(await openStores(config, log, onBug))
  const shared = await openShared(config, log)
  if (shared) stack.use(shared)
  const parts = await makeParts(config, stores, shared, log, onBug)
  const gateway = await ownGateway(config, log, onBug)
  if (gateway) stack.use(gateway)
  if (!config.rateLimits) log.warn({ event: 'rate-limits-off' }, 'RATE_LIMITS=off: whoever likes may ask as often as they like')
  await parts.runSale.refresh()
  const lines = isApi ? await openShop(stack, parts, await page, gateway) : await openWorker(stack, parts)
  gateway?.start()
  stack.defer(() => parts.company.leave())
  stack.use(startRoles(config.roles, parts.loops, parts.beside))
  // A database of its own has no other process beside it.
  if (isApi && config.databaseUrl !== 'sqlite:') stack.defer(() => parts.lastCall.give())
  console.log([`Doorbuster ${version()}`, '', ...lines].join('\n'))
  console.log(`ready ${parts.place.url}`)
  await untilTold(told, stack, log)
}

/** Answers what people are told of it. */
async function openShop(
  stack: AsyncDisposableStack,
  parts: Parts,
  page: Page | null,
  gateway: DemoGatewayServer | null,
): Promise<string[]> {
  const { config, log } = parts
  const administrator = await parts.company.inTurn('first-start', FIRST_START_MS, () => firstStart(parts))
  if (administrator.warning) log.warn({ event: 'setting-ignored' }, administrator.warning)
  const url = await open(stack, parts, page, gateway)
  parts.place.url = url
  await parts.identity.setIssuer(config.publicUrl ?? url)
  stack.use(await announceRun(config.dataDir, url, await parts.identity.mintOperatorToken(administrator.id)))
  return welcome(config, url, administrator)
}

/** Makes what an empty shop lacks. */
async function firstStart(parts: Parts) {
  const { config, stores } = parts
  const administrator = await ensureAdministrator(
    { ...parts, accounts: stores.accounts },
    { email: config.adminEmail, password: config.adminPassword, openingCredit: config.openingCredit },
  )
  if (config.seed === 'demo' && (await stores.catalogue.products(1)).length === 0) {
    await (await import('./seed.ts')).seedDemo(parts)
    await parts.catalogue.forget(null)
  }
  return administrator
}

/** Where the role api is not, nobody is served but who watches over the process. */
async function openWorker(stack: AsyncDisposableStack, parts: Parts): Promise<string[]> {
  const { config } = parts
  opsGauges(parts.metrics, { ...parts, ...parts.stores, sockets: () => 0 })
  parts.place.url = await serveOn(stack, parts, { port: config.opsPort ?? config.port }, (app) => opsRoutes(app, parts))
  return [`roles          ${config.roles.join(', ')}`, `health         ${parts.place.url}/health/ready`]
}

/** A demo gateway for shops elsewhere: no books, no page of a shop. */
async function serveGateway(
  config: Config,
  log: Parts['log'],
  onBug: (error: unknown) => void,
  told: Promise<string>,
): Promise<void> {
  const stack = new AsyncDisposableStack()
  const { gateway, parts, ops } = await gatewayAlone(config, log, onBug)
  stack.use(gateway)
  const { publicUrl, opsPort, port } = config
  let url = ''
  if (opsPort !== null) await serveOn(stack, { ...parts, config }, { port: opsPort }, ops)
  url = await serveOn(stack, { ...parts, config }, { port }, (app) => {
    gateway.routes(app, '', () => publicUrl ?? url)
    if (opsPort === null) ops(app)
  })
  gateway.start()
  console.log(
    `Doorbuster ${version()}: a demo gateway; its key is in ${join(config.dataDir, 'gateway-demo.json')} unless PAYMENT_URL names one`,
  )
  console.log(`ready ${url}`)
  await untilTold(told, stack, log)
}

/** Everything that was begun comes to its end; then the process ends. */
async function untilTold(told: Promise<string>, stack: AsyncDisposableStack, log: Parts['log']): Promise<void> {
  log.info({ event: 'stopping', signal: await told }, 'finishing what was begun')
  void systemClock.sleep(DRAIN_MS).then(() => {
    log.error({ event: 'cut-off' }, `not finished after ${DRAIN_MS / 1000} s; what was accepted is settled after the next start`)
    process.exit(1)
  })
  await stack.disposeAsync()
  process.exit(0)
}

/** From now on the first counts and all others are ignored: a launcher and a terminal both pass them on. */
function waitForSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, resolve)
  })
}

/** While the stores open. Whoever ends the shop while its page is built need not wait for that. */
function makePage(config: Config, log: Parts['log'], told: Promise<unknown>): Promise<Page> {
  const ended = new AbortController()
  void told.then(() => ended.abort())
  const building = () => log.info({ event: 'building-page' }, 'building the page (once) …')
  const built = builtPage({ clock: systemClock, building, signal: ended.signal })
  const page = built.then((folder) => new Page(folder, gatewayName(config.payment)))
  // Heard of where it is awaited; what fails before that ends the start first.
  page.catch(() => {})
  return page
}

/** Answers the address where the shop can be reached from this machine. */
async function open(
  stack: AsyncDisposableStack,
  parts: Parts,
  page: Page | null,
  gateway: DemoGatewayServer | null,
): Promise<string> {
  const { config } = parts
  const { endingSoonMs, publicUrl } = config
  let sockets = () => 0
  let url = ''
  opsGauges(parts.metrics, { ...parts, ...parts.stores, sockets: () => sockets() })
  const ownPort = config.opsPort !== null
  if (ownPort) await serveOn(stack, parts, { port: config.opsPort as number }, (app) => opsRoutes(app, parts))
  const lost = page ? lostVisitor(page) : undefined
  url = await serveOn(stack, parts, { port: config.port, lost }, (app) => {
    parts.lastCall.of(app)
    sockets = routes(app, parts)
    if (page) pageRoutes(app, { ...parts, page, sales: parts.stores.sales, endingSoonMs, publicUrl })
    gateway?.routes(app, DEMO_PREFIX, () => (publicUrl ?? url) + DEMO_PREFIX)
    if (!ownPort) opsRoutes(app, parts)
  })
  return url
}

type Door = { port: number; lost?: ServerParts['lost'] }

async function serveOn(
  stack: AsyncDisposableStack,
  parts: Pick<ServerParts, 'log' | 'tokens' | 'rate' | 'random'> & { config: Config },
  { port, lost }: Door,
  routes: (app: App) => void,
): Promise<string> {
  const { log, tokens, rate, random, config } = parts
  const { trustedProxies } = config
  const app = await makeServer({ log, tokens, rate, random, version: version(), lost, trustedProxies }, routes)
  stack.defer(() => app.close())
  const address = new URL(await listen(app, config.host, port))
  if (config.host === '0.0.0.0' || config.host === '::') address.hostname = '127.0.0.1'
  return address.origin
}

/** Answers how many sockets are open. */
function live(app: App, parts: Parts): () => number {
  const { publicUrl, endingSoonMs, socketsMax } = parts.config
  const stands = parts.tokens.stands.bind(parts.tokens)
  const origins = () => (publicUrl === null ? [] : [publicUrl])
  return liveRoutes(app, {
    ...parts,
    rate: parts.ownRate,
    watching: parts.push,
    books: parts.stores.books,
    endingSoonMs,
    socketsMax,
    origins,
    stands,
  })
}

/** As an administrator is told it. */
function gatewayNow({ payments, gatewayWord }: Parts) {
  return {
    name: payments?.gateway.name ?? 'none',
    available: gatewayWord?.available ?? false,
    breaker: payments?.gateway.breaker ?? ('closed' as const),
  }
}

/** All but those that watch over the process. Answers how many sockets are open. */
export function routes(app: App, parts: Parts): () => number {
  const { config, stores, catalogue, clock, newId, board, runSale, moves } = parts
  const { currency, openingCredit, endingSoonMs } = config
  purchaseRoutes(app, { ...parts, currency, books: stores.books, gateway: parts.gatewayWord })
  saleRoutes(app, { ...parts, sales: stores.sales, endingSoonMs })
  const refund = refundOrder.bind(null, moves)
  const cancel = cancelOrder.bind(null, moves)
  orderRoutes(app, { books: stores.books, clock, cancel, refund, refundWindowMs: config.refundWindowMs })
  const told = () => parts.told()
  const { attempts, inbox } = stores
  const webhook = parts.payments?.webhook ?? null
  paymentRoutes(app, { books: stores.books, attempts, inbox, clock, webhook, isGateway: config.paymentAddresses, told })
  adminPaymentRoutes(app, { attempts, inbox, gateway: () => gatewayNow(parts), refund })
  demoGatewayRoutes(app, parts.payments?.test ?? null)
  accountRoutes(app, { ...parts, accounts: stores.accounts, wallets: stores.wallets, currency, openingCredit })
  mountIdentity(app, parts.identity)
  catalogueRoutes(app, { catalogue, record: stores.catalogue, clock, newId, currency })
  drillRoutes(app, {
    accounts: stores.accounts,
    identity: parts.identity,
    catalogue,
    sales: {
      create: (sale) => runSale.create(sale),
      sale: (id) => stores.sales.sale(id),
      async removeDrill(drillId) {
        await stores.sales.removeDrill(drillId)
        await stores.ledger.drop(drillId)
        board.remove(drillId)
      },
    },
    clock,
    newId,
    currency,
  })
  adminRoutes(app, { ...parts, ...stores, endingSoonMs })
  docsRoutes(app)
  return live(app, parts)
}

/** Where the shop runs, for commands on this machine, with a token that is the operator's: nobody else may read it. */
async function announceRun(dataDir: string, url: string, token: string): Promise<AsyncDisposable> {
  const file = join(dataDir, 'run.json')
  mkdirSync(dataDir, { recursive: true })
  await rm(`${file}.new`, { force: true })
  await writeFile(`${file}.new`, JSON.stringify({ url, pid: process.pid, token }), { mode: 0o600 })
  await rename(`${file}.new`, file)
  return { [Symbol.asyncDispose]: () => rm(file, { force: true }) }
}

function welcome(config: Config, url: string, administrator: { email: string; password: string | null }): string[] {
  const { email, password } = administrator
  return [
    `shop           ${url}/`,
    `API            ${url}/docs`,
    `data           ${config.dataDir}`,
    `administrator  ${email}${password === null ? '' : `  password ${password}  (shown this once)`}`,
    'rehearse       npm run doorbuster -- drill',
    'prove          npm run doorbuster -- audit',
  ]
}
