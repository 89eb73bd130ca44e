import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { type Random, secret } from '../platform/random.ts'

/** `key`: who may ask the gateway. `webhookSecret`: what it signs with where nobody set another. */
/** The paths of the gateway on the shop's own server. */
export const DEMO_PREFIX = '/gateway-demo'

export type DemoKeys = { key: string; webhookSecret: string }

/** `gateway-demo.json` in the data folder, mode 0600, made at the first start: a shop and a gateway in one process share it. */
export async function demoKeys(dataDir: string, random: Random): Promise<DemoKeys> {
  const path = join(dataDir, 'gateway-demo.json')
  const known = await readKeys(path)
  if (known) return known
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const made = { key: secret(random, 24), webhookSecret: `whsec_${secret(random, 24)}` }
  await using file = await open(`${path}.new`, 'w', 0o600)
  await file.chmod(0o600)
  await file.writeFile(JSON.stringify(made, null, 2))
  await file.sync()
  await rename(`${path}.new`, path)
  return made
}

async function readKeys(path: string): Promise<DemoKeys | undefined> {
  try {
    const { key, webhookSecret } = JSON.parse(await readFile(path, 'utf8')) as Partial<DemoKeys>
    if (key && webhookSecret) return { key, webhookSecret }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
  }
  throw new Error(`${path} is not readable as the keys of the demo gateway. Put back a copy, or delete it: new ones are made.`)
}
