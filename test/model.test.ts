import { suite, test } from 'node:test'
import fc from 'fast-check'
import { BUYERS, end, kinds, type Real } from './model/commands.ts'
import { Model } from './model/model.ts'
import { serveRuns } from './model/shop.ts'
import { memoryStores, sqliteStores } from './model/stores.ts'

/** Lists of commands, and where they begin. What fails says its seed and its path: with both given it fails again. */
const { MODEL_RUNS = '300', MODEL_SEED = '20261128', MODEL_PATH } = process.env
const COMMANDS_MAX = 40
const CREDIT = 400
/** Of each product; null is not counted. */
const STOCK = [6, 12, null]

suite('the shop answers as its model says, command by command', () => {
  for (const [name, stores] of [
    ['in memory', memoryStores],
    ['over SQLite', sqliteStores()],
  ] as const) {
    test(name, { timeout: 600_000 }, async (t) => {
      const server = await serveRuns(stores)
      t.after(() => server.close())
      const property = fc.asyncProperty(fc.commands(kinds, { maxCommands: COMMANDS_MAX, size: 'max' }), async (commands) => {
        const { model, real } = await begin(server)
        await fc.asyncModelRun(() => ({ model, real }), commands)
        await end(model, real)
      })
      // How a list was made smaller depends on what ran: it is made smaller anew.
      const path = MODEL_PATH?.split(':')[0]
      await fc.assert(property, { numRuns: Number(MODEL_RUNS), seed: Number(MODEL_SEED), ...(path && { path }) })
    })
  }
})

async function begin(server: Real['server']): Promise<{ model: Model; real: Real }> {
  await server.begin()
  const model = Object.assign(new Model(), {
    now: server.clock.now(),
    balances: Array.from({ length: BUYERS }, (_, n) => n * CREDIT),
    stock: STOCK.map((units) => units ?? Number.POSITIVE_INFINITY),
  })
  const real: Real = { server, products: [], buyers: [], sales: [], orders: [] }
  for (const units of STOCK) real.products.push(await server.world().addProduct(units))
  for (const credit of model.balances) real.buyers.push(await server.world().addBuyer(credit))
  return { model, real }
}
