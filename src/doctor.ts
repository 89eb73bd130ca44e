import { existsSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Config } from './config.ts'
import type { Check } from './doctor-stores.ts'
import { holdLock } from './platform/sqlite/lock.ts'

const SPACE_MIN = 1 << 30

/** Looks at this machine, the settings and the stores; changes nothing. True: all is well. */
export async function doctor(settings: () => Config): Promise<boolean> {
  let well = true
  const check: Check = async (name, look) => {
    try {
      console.log(`ok      ${name}: ${await look()}`)
      return true
    } catch (error) {
      well = false
      console.log(`WRONG   ${name}: ${(error as Error).message}`)
      return false
    }
  }
  await check('node', () => process.version)
  let config: Config | undefined
  await check('settings', () => {
    config = settings()
    return `data in ${config.dataDir}`
  })
  if (!config) return false
  if (existsSync(config.dataDir)) await examineFolder(config.dataDir, check)
  await (await import('./doctor-stores.ts')).examineStores(config, check)
  return well
}

async function examineFolder(dataDir: string, check: Check): Promise<void> {
  await check('disk', () => {
    const { bavail, bsize } = statfsSync(dataDir)
    const free = bavail * bsize
    if (free < SPACE_MIN) throw new Error(`${Math.round(free / 2 ** 20)} MiB are free: make room, a full disk stops selling`)
    return `${Math.round(free / 2 ** 30)} GiB free`
  })
  const file = join(dataDir, 'doorbuster.db')
  if (!existsSync(file)) return
  await check('shop', () => {
    using lock = holdLock(join(dataDir, 'lock'))
    return lock ? 'not running' : 'running'
  })
  await check('database', () => {
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
}
