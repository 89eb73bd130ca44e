import { DatabaseSync } from 'node:sqlite'

/**
 * Holds `path` for this process, until it is closed or the process ends, however it ends: the kernel gives the lock back
 * after `kill -9` too, where a file with a process id would lie. `undefined`: another process holds it.
 */
export function holdLock(path: string): Disposable | undefined {
  const db = new DatabaseSync(path)
  try {
    db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
  } catch (error) {
    db.close()
    if ((error as { errcode?: number }).errcode === 5) return undefined
    throw error
  }
  return { [Symbol.dispose]: () => db.close() }
}
