import { run } from '/tmp/w/postgres/test/command-line.ts'
import { startPostgres } from '/tmp/w/postgres/test/postgres-server.ts'
import { startShop } from '/tmp/w/postgres/test/shop.ts'

const server = await startPostgres({ fsync: process.argv[2] ?? 'off' })
const url = await server.newDatabase()
const t0 = performance.now()
const shop = await startShop({ DATABASE_URL: url, LOG_LEVEL: 'info' })
console.log('ready', performance.now() - t0)
for (const args of [
  ['drill', '--buyers', '1000', '--units', '50', '--over', '500'],
  ['drill', '--buyers', '3000', '--units', '2000', '--over', '500'],
]) {
  const t = performance.now()
  const r = await run(shop.dir, ...args)
  console.log(r.code, r.out, r.errors, performance.now() - t)
}
console.log(
  shop
    .output()
    .split('\n')
    .filter((l) => /"level":(4|5|6)0/.test(l))
    .slice(0, 10)
    .join('\n'),
)
console.log(await shop.stop())
await server[Symbol.asyncDispose]()
process.exit(0)
