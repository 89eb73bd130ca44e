import { open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type CryptoKey,
  calculateJwkThumbprint,
  createLocalJWKSet,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  type JWTVerifyGetKey,
} from 'jose'
import { type Random, secret } from '../../platform/random.ts'

export type KeyFile = { signing: JWK; cookies: string[]; issuers: string[] }

/** With a free port chosen at each start the list would grow for ever. Access tokens live an hour, refresh tokens do not name
 *  their issuer: 50 starts with three names each are far more than any token outlives. */
const ISSUERS_KEPT = 150

/**
 * What tokens are signed with, and every address under which this installation has issued them: `keys.json` in the data
 * folder, mode 0600, made at the first start. Whoever has the file can sign as the shop. Losing it signs everybody out.
 */
export class Keys {
  readonly #path: string
  readonly #file: KeyFile
  readonly signingKey: CryptoKey
  /** For whoever checks tokens; selects by `kid`. */
  readonly verification: JWTVerifyGetKey

  private constructor(path: string, file: KeyFile, signingKey: CryptoKey) {
    this.#path = path
    this.#file = file
    this.signingKey = signingKey
    const { kty, n, e, kid, alg } = file.signing
    this.verification = createLocalJWKSet({ keys: [{ kty, n, e, kid, alg, use: 'sig' }] as JWK[] })
  }

  static async open(dataDir: string, random: Random): Promise<Keys> {
    const file = (await readKeys(dataDir)) ?? (await makeKeys(random))
    const keys = new Keys(pathIn(dataDir), file, (await importJWK(file.signing, 'RS256')) as CryptoKey)
    await save(keys.#path, file)
    return keys
  }

  /** The private key as the provider wants it. */
  get signing(): JWK {
    return this.#file.signing
  }

  get cookies(): string[] {
    return this.#file.cookies
  }

  /** The present issuers and the earlier ones, newest last. */
  get issuers(): readonly string[] {
    return this.#file.issuers
  }

  /** On disk before the first token names one of them. */
  async addIssuers(issuers: readonly string[]): Promise<void> {
    if (issuers.every((issuer, at) => this.#file.issuers.at(at - issuers.length) === issuer)) return
    const earlier = this.#file.issuers.filter((known) => !issuers.includes(known))
    this.#file.issuers = [...earlier, ...issuers].slice(-ISSUERS_KEPT)
    await save(this.#path, this.#file)
  }
}

const pathIn = (dataDir: string) => join(dataDir, 'keys.json')

/** Whole or not at all, also when the power goes: a torn file would sign everybody out. */
async function save(path: string, keys: KeyFile): Promise<void> {
  const draft = `${path}.new`
  await using file = await open(draft, 'w', 0o600)
  await file.chmod(0o600)
  await file.writeFile(JSON.stringify(keys, null, 2))
  await file.sync()
  await rename(draft, path)
}

/** Whether keys of another shop may be put here: there are none yet, or the same. */
export async function mayPlaceKeys(dataDir: string, keys: KeyFile): Promise<boolean> {
  const own = await readKeys(dataDir)
  return own === undefined || own.signing.kid === keys.signing.kid
}

/** Where there are none. Repeating it does nothing. */
export async function placeKeys(dataDir: string, keys: KeyFile): Promise<void> {
  if ((await readKeys(dataDir)) === undefined) await save(pathIn(dataDir), keys)
}

export async function readKeys(dataDir: string): Promise<KeyFile | undefined> {
  const path = pathIn(dataDir)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  try {
    const file = JSON.parse(text) as KeyFile
    if (file.signing.kty === 'RSA' && file.cookies.length > 0 && Array.isArray(file.issuers)) return file
  } catch {
    // The sentence below is all there is to say.
  }
  throw new Error(`${path} is not readable as keys. Put back a copy, or delete it: everybody then signs in again.`)
}

async function makeKeys(random: Random): Promise<KeyFile> {
  const { privateKey } = await generateKeyPair('RS256', { modulusLength: 2048, extractable: true })
  const jwk = await exportJWK(privateKey)
  const signing = { ...jwk, alg: 'RS256', use: 'sig', kid: await calculateJwkThumbprint(jwk) }
  return { signing, cookies: [secret(random, 32)], issuers: [] }
}
