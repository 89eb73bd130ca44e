import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fillBooks } from '../test/filled-books.ts'
import { startShop } from '../test/shop.ts'

/** `node bench/audit.ts [orders]`: how long an audit of so many orders takes, and the most memory that the shop has meanwhile. */
const ORDERS = Number(process.argv[2] ?? 1_000_000)
const SECONDS_MAX = 10
const MEMORY_MAX_MB = 256

const dir = mkdtempSync(join(tmpdir(), 'audit-'))
try {
  const empty = await startShop({ DATA_DIR: dir })
  await empty.stop()
  const db = new DatabaseSync(join(dir, 'doorbuster.db'))
  db.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -200000')
  fillBooks(db, ORDERS)
  db.close()
  const shop = await startShop({ DATA_DIR: dir, AUDIT_EVERY: '1h' })
  type Audit = { ok: boolean; equations: { id: string; left: number; right: number; holds: boolean }[] }
  const times: number[] = []
  // The most that it had starts anew here: its start is not the audit's.
  writeFileSync(`/proc/${shop.pid}/clear_refs`, '5')
  const before = memoryMb(shop.pid, 'VmRSS')
  // The first one waits for the one that the shop begins with.
  for (let i = 0; i < 3; i++) {
    const at = performance.now()
    const { ok, equations } = await shop.api.get<Audit>('/api/v1/admin/audit')
    times.push((performance.now() - at) / 1000)
    if (!ok) throw new Error(JSON.stringify(equations.filter(({ holds }) => !holds)))
  }
  const memory = memoryMb(shop.pid, 'VmHWM')
  await shop.stop()
  times.shift()
  const slowest = Math.max(...times)
  console.log(`audit of ${ORDERS} orders: ${times.map((s) => s.toFixed(1)).join(', ')} s (at most ${SECONDS_MAX})`)
  console.log(`memory of the whole shop: ${memory} MB at the most (at most ${MEMORY_MAX_MB}), ${before} MB before`)
  if (slowest > SECONDS_MAX || memory > MEMORY_MAX_MB) process.exitCode = 1
} finally {
  rmSync(dir, { recursive: true, force: true })
}

function memoryMb(pid: number, name: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Math.round(Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1024)
}
