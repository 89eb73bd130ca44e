import type { Delivery, Event, EventLog, Group } from '../src/events/event-log.ts'
import type { Dice } from './dice.ts'
import type { World } from './world.ts'

export type Unruliness = { twice: number; late: number; shared: number; shuffled: boolean }

/** At least once, and no better: what was handled comes again, what is due comes late, and two workers get the same. */
export class UnrulyEventLog implements EventLog {
  readonly #log: EventLog
  readonly #world: World
  readonly #dice: Dice
  #manners: Unruliness
  readonly #seen: Delivery[] = []
  #takes = 0

  constructor(log: EventLog, world: World, dice: Dice, manners: Unruliness) {
    this.#log = log
    this.#world = world
    this.#dice = dice
    this.#manners = manners
  }

  calm(): void {
    this.#manners = { twice: 0, late: 0, shared: 0, shuffled: false }
  }

  append(events: Event[]): Promise<void> {
    return this.#log.append(events)
  }

  async take(group: Group, token: string, max: number, leaseMs: number): Promise<Delivery[]> {
    const { twice, late, shared, shuffled } = this.#manners
    const take = ++this.#takes
    const strikes = (share: number, fault: string): boolean =>
      this.#dice.chance(share) && this.#world.strikes(`events ${fault} ${take}`)
    if (strikes(late, 'late')) return []
    const taken = await this.#log.take(group, token, max, strikes(shared, 'shared') ? 0 : leaseMs)
    this.#seen.push(...taken)
    const again = this.#seen.length > 0 && strikes(twice, 'twice') ? [this.#dice.pick(this.#seen)] : []
    const all = [...taken, ...again]
    return shuffled ? this.#dice.shuffle(all) : all
  }

  ack(group: Group, token: string, positions: number[]): Promise<number> {
    return this.#log.ack(group, token, positions)
  }

  lag(group: Group) {
    return this.#log.lag(group)
  }
}
