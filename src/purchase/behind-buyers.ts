import type { Clock } from '../platform/clock.ts'
import type { Turn } from '../platform/loop.ts'

/** Of the time while buyers wait, what the work behind acceptance gets; it catches up after the crowd. */
const SHARE = 0.2
/** Waited at most, so that one slow turn does not stop it for long, milliseconds. */
const PAUSE_MAX_MS = 250

/** A loop's turn that leaves database and processor to the buyers who wait in this process: it rests after its work for as long as its
 *  share demands. What arrives meanwhile makes larger batches. */
export function behindBuyers(turn: Turn, clock: Clock, buyersWait: () => boolean): Turn {
  return async (stopping) => {
    const from = clock.ticks()
    const more = await turn(stopping)
    if (buyersWait()) await clock.sleep(Math.min(PAUSE_MAX_MS, (clock.ticks() - from) * (1 / SHARE - 1)), stopping)
    return more
  }
}
