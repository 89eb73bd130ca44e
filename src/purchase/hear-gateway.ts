import type { Inbox, Seen } from '../books/payments.ts'
import type { Gateway } from '../payment/gateway.ts'
import { movedBy } from './pay-by-card.ts'
import { follow, type MoveParts } from './settle-order.ts'

const BATCH_MAX = 32
const LIST_MAX = 100

export type HearParts = Omit<MoveParts, 'books'> & {
  inbox: Inbox
  /** An attempt is due for another step. */
  due: () => void
  /** Something cannot be about us as it is: a human must look. */
  quarantined: (because: string) => void
}

/** Inbox → books → ledger → push: what the gateway told by itself. A turn of its loop; true when there may be more. */
export async function hearGateway(parts: HearParts): Promise<boolean> {
  const seen = await parts.inbox.apply(BATCH_MAX)
  await follow(parts, movedBy(...seen))
  for (const one of seen) if (one.kind === 'mismatch') parts.quarantined(one.because)
  if (seen.some(isNews)) parts.due()
  return seen.length === BATCH_MAX && !seen.every((one) => one.kind === 'early')
}

const isNews = (one: Seen): boolean => one.kind === 'news'

/** The gateway's own list → inbox: finds what no webhook told. A turn of its loop; true when there may be more. */
export async function listGateway({
  gateway,
  inbox,
  told,
}: {
  gateway: Gateway
  inbox: Inbox
  told: () => void
}): Promise<boolean> {
  const { events, next } = await gateway.events(await inbox.cursor(), LIST_MAX)
  const fresh = await inbox.read(events, next)
  if (fresh > 0) told()
  // A gateway may list fewer at once than it was asked for.
  return fresh > 0
}
