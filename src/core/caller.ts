import type { Id } from './ids.ts'

export type Role = 'buyer' | 'admin'

/** Who is asking, as the token says. */
export type Caller = {
  id: Id
  roles: readonly Role[]
  /** When the token ends, milliseconds. */
  expiresAt: number
  /** The sign-in that the token belongs to; null where it belongs to none. */
  grantId: string | null
  /** A rehearsal's buyer: free of the per-address limit, and of no use outside this sale. */
  drillSaleId: Id | null
}
