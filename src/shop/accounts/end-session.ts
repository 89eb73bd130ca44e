import type { Session } from 'oidc-provider'
import type { AdapterParts } from './model-adapter.ts'

/** Ends a session and all that was issued in it. */
export async function endSession(session: Session, { models, clock, ended }: AdapterParts): Promise<void> {
  for (const { grantId } of Object.values(session.authorizations ?? {})) {
    if (grantId === undefined) continue
    await models.endGrant(grantId, clock.now())
    ended(grantId)
  }
  await session.destroy()
}
