import { hash } from 'node:crypto'
import { type Adapter, type AdapterPayload, errors } from 'oidc-provider'
import type { Clock } from '../../platform/clock.ts'
import type { OidcModels } from './sql-oidc-models.ts'

export type AdapterParts = {
  models: OidcModels
  clock: Clock
  /** A sign-in ended: its access tokens must be refused from now on. */
  ended: (grantId: string) => void
}

/** What opens the door by being known is kept as its digest: a copy of the database signs nobody in. */
const bearers = new Set(['RefreshToken', 'AuthorizationCode'])
const SESSION = 'Session'

/** The store as the provider speaks to it. */
export class ModelAdapter implements Adapter {
  readonly #kind: string
  readonly #parts: AdapterParts

  constructor(kind: string, parts: AdapterParts) {
    this.#kind = kind
    this.#parts = parts
  }

  async upsert(id: string, payload: AdapterPayload, expiresIn?: number): Promise<void> {
    const { jti: _, ...kept } = payload
    await this.#parts.models.upsert({
      kind: this.#kind,
      id: this.#key(id),
      payload: JSON.stringify(bearers.has(this.#kind) ? kept : payload),
      accountId: payload.accountId ?? null,
      grantId: payload.grantId ?? null,
      userCode: payload.userCode ?? null,
      uid: payload.uid ?? null,
      expiresAt: expiresIn === undefined ? null : this.#parts.clock.now() + expiresIn * 1000,
    })
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const payload = payloadOf(await this.#parts.models.find(this.#kind, this.#key(id)))
    if (!payload || (this.#kind === SESSION && payload.consumed)) return undefined
    return { ...payload, jti: id }
  }

  async findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    return payloadOf(await this.#parts.models.findByUserCode(this.#kind, userCode))
  }

  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return payloadOf(await this.#parts.models.findByUid(this.#kind, uid))
  }

  async consume(id: string): Promise<void> {
    const consumption = await this.#parts.models.consume(this.#kind, this.#key(id), this.#parts.clock.now())
    if (consumption.kind === 'consumed') return
    if (consumption.kind === 'reused') this.#parts.ended(consumption.grantId)
    throw new errors.InvalidGrant('already used')
  }

  async destroy(id: string): Promise<void> {
    if (this.#kind === SESSION) await this.#parts.models.endSession(id, this.#parts.clock.now())
    else await this.#parts.models.destroy(this.#kind, this.#key(id))
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    await this.#parts.models.endGrant(grantId, this.#parts.clock.now())
  }

  #key(id: string): string {
    return bearers.has(this.#kind) ? hash('sha256', id, 'base64url') : id
  }
}

function payloadOf(model: Awaited<ReturnType<OidcModels['find']>>): AdapterPayload | undefined {
  if (!model) return undefined
  const payload = JSON.parse(model.payload) as AdapterPayload
  return model.consumedAt === null ? payload : { ...payload, consumed: Math.floor(model.consumedAt / 1000) }
}
