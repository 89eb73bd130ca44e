import { open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { Keyring } from './keys.ts'

/** `keys.json` in the data folder, mode 0600, of one process. */
export class KeyFile implements Keyring {
  readonly place: string

  constructor(dataDir: string) {
    this.place = join(dataDir, 'keys.json')
  }

  async read(): Promise<string | undefined> {
    try {
      return await readFile(this.place, 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }

  /** Whole or not at all, also when the power goes: a torn file would sign everybody out. */
  async replace(_before: string | undefined, text: string): Promise<boolean> {
    const draft = `${this.place}.new`
    await using file = await open(draft, 'w', 0o600)
    await file.chmod(0o600)
    await file.writeFile(text)
    await file.sync()
    await rename(draft, this.place)
    return true
  }
}
