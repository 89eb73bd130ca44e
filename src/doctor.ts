import { existsSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Config } from './config.ts'
import { holdLock } from './platform/sqlite/lock.ts'

const SPACE_MIN = 1 << 30

/** Looks at this machine, the settings and the database; changes nothing. True: all is well. */
export function doctor(settings: () => Config): boolean {
  let well = true
  const check = (name: string, look: () => string) => {
    try {
      console.log(`ok      ${name}: ${look()}`)
    } catch (error) {
      well = false
      console.log(`WRONG   ${name}: ${(error as Error).message}`)
    }
  }
  check('node', () => process.version)
  let config: Config | undefined
  check('settings', () => {
    config = settings()
    return `data in ${config.dataDir}`
  })
  const dataDir = config?.dataDir
  if (dataDir === undefined || !existsSync(dataDir)) return well
  check('disk', () => {
    const { bavail, bsize } = statfsSync(dataDir)
    const free = bavail * bsize
    if (free < SPACE_MIN) throw new Error(`${Math.round(free / 2 ** 20)} MiB are free: make room, a full disk stops selling`)
    return `${Math.round(free / 2 ** 30)} GiB free`
  })
  const file = join(dataDir, 'doorbuster.db')
  if (!existsSync(file)) return well
  check('shop', () => {
    using lock = holdLock(join(dataDir, 'lock'))
    return lock ? 'not running' : 'running'
  })
  check('database', () => {
    const db = new DatabaseSync(file, { readOnly: true })
    try {
      const rows = db.prepare('PRAGMA quick_check(5)').all() as { quick_check: string }[]
      const found = rows.map((row) => row.quick_check).join('; ')
      if (found !== 'ok') throw new Error(`${found}: restore the last backup (docs/operations.md)`)
      return 'intact'
    } finally {
      db.close()
    }
  })
  return well
}
