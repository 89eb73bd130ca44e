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

type KeySet = { signing: JWK; cookies: string[]; issuers: string[] }

/** Where they are kept. */
export interface Keyring {
  /** For people who must mend it. */
  readonly place?: string
  read(): Promise<string | undefined>
  /** Durable when it answers. Compare-and-set: false where the text is no longer `before`. */
  replace(before: string | undefined, text: string): Promise<boolean>
}

/** With a free port chosen at each start the list would grow for ever. Access tokens live an hour, refresh tokens do not name
 *  their issuer: 50 starts with three names each are far more than any token outlives. */
const ISSUERS_KEPT = 150

/**
 * What tokens are signed with, and every address under which this installation has issued them, made at the first start. Whoever
 * has them can sign as the shop. Losing them signs everybody out.
 */
export class Keys {
  readonly #keyring: Keyring
  #text: string
  #set: KeySet
  readonly signingKey: CryptoKey
  /** For whoever checks tokens; selects by `kid`. */
  readonly verification: JWTVerifyGetKey

  private constructor(keyring: Keyring, text: string, set: KeySet, signingKey: CryptoKey) {
    this.#keyring = keyring
    this.#text = text
    this.#set = set
    this.signingKey = signingKey
    const { kty, n, e, kid, alg } = set.signing
    this.verification = createLocalJWKSet({ keys: [{ kty, n, e, kid, alg, use: 'sig' }] as JWK[] })
  }

  static async open(keyring: Keyring, random: Random): Promise<Keys> {
    for (;;) {
      const text = await keyring.read()
      if (text !== undefined) {
        const set = keySet(text, keyring)
        return new Keys(keyring, text, set, (await importJWK(set.signing, 'RS256')) as CryptoKey)
      }
      // Of several that start at once, one makes them.
      await keyring.replace(undefined, JSON.stringify(await makeKeys(random), null, 2))
    }
  }

  /** The private key as the provider wants it. */
  get signing(): JWK {
    return this.#set.signing
  }

  get cookies(): string[] {
    return this.#set.cookies
  }

  /** The present issuers and the earlier ones, newest last. */
  get issuers(): readonly string[] {
    return this.#set.issuers
  }

  /** Kept before the first token names one of them. */
  async addIssuers(issuers: readonly string[]): Promise<void> {
    while (issuers.some((issuer, at) => this.#set.issuers.at(at - issuers.length) !== issuer)) {
      const earlier = this.#set.issuers.filter((known) => !issuers.includes(known))
      const set = { ...this.#set, issuers: [...earlier, ...issuers].slice(-ISSUERS_KEPT) }
      const text = JSON.stringify(set, null, 2)
      if (await this.#keyring.replace(this.#text, text)) this.#use(text, set)
      else await this.refresh()
    }
  }

  /** What other processes have added. */
  async refresh(): Promise<void> {
    const text = (await this.#keyring.read()) ?? this.#text
    if (text !== this.#text) this.#use(text, keySet(text, this.#keyring))
  }

  #use(text: string, set: KeySet): void {
    this.#text = text
    this.#set = set
  }
}

/** Whether two keyrings sign alike. */
export function isSameKeys(text: string, other: string): boolean {
  const [one, two] = [text, other].map((each) => keySet(each, {}).signing.kid)
  return one === two
}

function keySet(text: string, { place = 'The table keyring' }: Pick<Keyring, 'place'>): KeySet {
  try {
    const set = JSON.parse(text) as KeySet
    if (set.signing.kty === 'RSA' && set.cookies.length > 0 && Array.isArray(set.issuers)) return set
  } catch {
    // The sentence below is all there is to say.
  }
  throw new Error(`${place} is not readable as keys. Put back a copy, or delete it: everybody then signs in again.`)
}

async function makeKeys(random: Random): Promise<KeySet> {
  const { privateKey } = await generateKeyPair('RS256', { modulusLength: 2048, extractable: true })
  const jwk = await exportJWK(privateKey)
  const signing = { ...jwk, alg: 'RS256', use: 'sig', kid: await calculateJwkThumbprint(jwk) }
  return { signing, cookies: [secret(random, 32)], issuers: [] }
}
