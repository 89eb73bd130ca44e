import { type RoleName, roleNames } from '../src/config.ts'
import type { CardManners } from './card-gateway.ts'
import { Dice } from './dice.ts'
import type { Rhythm } from './house.ts'
import { calmNetwork, type Network } from './process.ts'
import type { Unruliness } from './unruly-event-log.ts'
import { PRELUDE_MS } from './world.ts'

/** What a seed decides before anything happens. Times are milliseconds of the world. */
export type Weather = {
  chaosMs: number
  rhythm: Rhythm
  network: Network
  processes: { name: string; runs: readonly RoleName[]; clockOffset: number }[]
  log: Unruliness
  crashes: Happening[]
  stalls: Happening[]
  clockSteps: Happening[]
  ledgerLosses: (Happening & { how: 'restart' | 'split' })[]
  booksStops: Happening[]
  eventsStops: Happening[]
  gatewayStops: Happening[]
  cards: CardManners
  crowd: Crowd
  sales: SalePlan[]
  operator: { acts: number }
  /** One process with SQLite in it, whose ledger lives in the books. */
  isEmbedded: boolean
}
/** When, to which process by number, and how much or how long. */
export type Happening = { at: number; which: number; amount: number; ms: number }
/** Shares of buyers or of their asks. */
export type Crowd = {
  buyers: number
  intents: number
  poor: number
  patient: number
  tries: number
  /** How long a buyer's client waits for an answer. */
  waitMs: number
  sameKey: number
  otherBody: number
  asksAgain: number
  cancels: number
  /** Pay by card. */
  cards: number
  /** Of those: what they do on the gateway's page, else they leave it. */
  pay: number
  decline: number
  /** Want their money back. */
  refunds: number
  lost: number
  /** Come when the crowd comes, within so many milliseconds. */
  rush: number
  rushMs: number
  /** Click twice. */
  doubles: number
}
export type SalePlan = {
  at: number
  startTime: number
  endTime: number
  limit: number
  units: number[]
  stock: (number | null)[]
}

/** What comes back and is taken again at once: a poor crowd that clicks twice, for a single unit, at several processes that are
 *  near. Few worlds are so by chance alone, and leases are tried by nothing else. */
function churned(weather: Weather): Weather {
  const crowd = { ...weather.crowd, buyers: 16, poor: 1, rush: 1, rushMs: 600, doubles: 1 }
  const processes = [1, 2, 3].map((i) => ({ name: `shop-${i}`, runs: roleNames, clockOffset: 0 }))
  const network = { ...weather.network, delayMs: Math.min(100, weather.network.delayMs) }
  const sales = weather.sales.map((sale) => ({ ...sale, units: sale.units.map(() => 1) }))
  return { ...weather, crowd, processes, network, sales }
}

/** Nothing is far away there: a call arrives or dies with the process, and the disk may be full. */
function embedded(weather: Weather): Weather {
  const { delayMs, refuse } = weather.network
  const network = { ...calmNetwork(Math.min(5, delayMs)), refuse }
  const processes = [{ name: 'shop', runs: roleNames, clockOffset: 0 }]
  return { ...weather, network, processes, clockSteps: [], ledgerLosses: [], isEmbedded: true }
}

/** Each kind of fault is in some of the worlds only, and in each as often as its dice say: rare ones are then seen alone. */
export function weatherOf(seed: number): Weather {
  const dice = new Dice(seed, 'weather')
  const drawn = withManners(drawWeather(dice), new Dice(seed, 'manners'))
  if (dice.chance(0.1)) return embedded(drawn)
  return dice.chance(0.12) ? churned(drawn) : drawn
}

/** A crowd that pays by card, changes its mind and is given its money back, and a gateway that does little as it should: by chance
 *  alone few cards come so far. */
function carded(weather: Weather, dice: Dice): Weather {
  const crowd = {
    ...weather.crowd,
    buyers: 10,
    poor: 0,
    cards: 1,
    pay: 0.6,
    decline: 0.3,
    cancels: 0.3,
    refunds: 0.5,
    patient: 1,
  }
  const often = () => dice.some(0.5, dice.share() * 0.5, 0)
  const cards = { ...weather.cards, byHand: often(), fails: often(), failsForEver: often(), forgetsKeys: often() / 2 }
  const rhythm = { ...weather.rhythm, holdTtlMs: dice.pick([3000, 20_000]) }
  const sales = weather.sales.map((sale) => ({ ...sale, units: sale.units.map(() => 10), stock: sale.stock.map(() => 20) }))
  return { ...weather, crowd, cards, rhythm, sales }
}

/** Drawn by dice of their own: without them the other worlds are as they were. */
function withManners(weather: Weather, dice: Dice): Weather {
  const one = dice.chance(0.2) ? carded(weather, dice) : weather
  return { ...one, cards: { ...one.cards, forged: dice.some(0.2, 0.3, 0), literal: dice.chance(0.5) } }
}

function drawWeather(dice: Dice): Weather {
  const isCalm = dice.chance(0.04)
  const share = (most: number): number => dice.some(isCalm ? 0 : 0.4, dice.share() ** 2 * most, 0)
  const chaosMs = PRELUDE_MS + dice.between(1000, dice.pick([3000, 6000, 10_000]))
  const happenings = (among: number, most: number, ms: number, amount = 1): Happening[] =>
    Array.from({ length: dice.some(isCalm ? 0 : among, dice.between(1, most), 0) }, () => ({
      at: dice.between(PRELUDE_MS, chaosMs),
      which: dice.between(0, 1000),
      amount: dice.between(-amount, amount),
      ms: dice.between(1, dice.pick([100, 1000, ms])),
    }))
  const patienceMs = dice.pick([400, 1500, 2500, 5000])
  return {
    chaosMs,
    rhythm: {
      publishMs: dice.pick([200, 500, 1000]),
      settleMs: dice.pick([200, 500, 1000]),
      catchUpMs: dice.pick([500, 1000]),
      sweepMs: dice.pick([5000, 15_000, 30_000]),
      lagMs: dice.pick([500, 1000]),
      holdTtlMs: dice.pick([3000, 20_000, 600_000]),
    },
    network: {
      delayMs: dice.pick([0, 1, 5, 20, 100]),
      refuse: share(0.1),
      loseRequest: share(0.1),
      loseAnswer: share(0.15),
      late: share(0.1),
      patienceMs,
    },
    processes: drawProcesses(dice, isCalm),
    log: { twice: share(0.6), late: share(0.6), shared: share(0.8), shuffled: dice.chance(0.3) },
    crashes: happenings(0.6, 6, 3000),
    stalls: happenings(0.35, 4, 6000),
    clockSteps: happenings(0.15, 3, 1, dice.pick([300, 5000, 600_000])),
    ledgerLosses: happenings(0.5, 4, 1500, 12).map((one) => ({ ...one, how: dice.some(0.3, 'split', 'restart') })),
    booksStops: happenings(0.2, 2, 3000),
    eventsStops: happenings(0.2, 2, 3000),
    gatewayStops: happenings(0.2, 2, 5000),
    cards: {
      failsForEver: share(0.2),
      fails: share(0.3),
      forgetsKeys: share(0.3),
      byHand: share(0.5),
      never: share(0.9),
      twice: share(0.6),
      late: share(0.8),
      forged: 0,
      literal: false,
    },
    crowd: drawCrowd(dice),
    sales: Array.from({ length: dice.pick([0, 1, 1, 1, 1, 1, 1, 1, 2, 3]) }, () => drawSale(dice, chaosMs)),
    operator: { acts: dice.some(0.4, dice.between(1, 6), 0) },
    isEmbedded: false,
  }
}

function drawProcesses(dice: Dice, isCalm: boolean): Weather['processes'] {
  const skewed = dice.some(isCalm ? 0 : 0.15, dice.pick([200, 3000, 300_000]), 0)
  const named = (name: string, runs: readonly RoleName[], most: number) =>
    Array.from({ length: dice.between(1, most) }, (_, i) => ({
      name: `${name}-${i + 1}`,
      runs,
      clockOffset: dice.between(-skewed, skewed),
    }))
  if (dice.chance(0.5)) return named('shop', roleNames, dice.pick([1, 2, 3]))
  const apart = [...named('api', ['api'], 3), ...named('relay', ['relay'], 2), ...named('payments', ['payments'], 2)]
  return [...apart, ...named('scheduler', ['scheduler'], 2)]
}

function drawCrowd(dice: Dice): Crowd {
  return {
    buyers: dice.pick([0, 1, 2, 3, 4, 6, 10, 16]),
    intents: dice.between(1, 4),
    poor: dice.pick([0, 0, 0.4, 1]),
    patient: dice.pick([0, 0.5, 1]),
    tries: dice.between(1, 6),
    waitMs: dice.pick([300, 3500, 3500, 8000]),
    sameKey: dice.pick([0, 0.3]),
    otherBody: dice.pick([0, 0, 0.2]),
    asksAgain: dice.pick([0, 0.3, 1]),
    cancels: dice.pick([0, 0.3, 0.8]),
    cards: dice.pick([0, 0.5, 1]),
    pay: dice.pick([0.3, 0.7]),
    decline: dice.pick([0, 0.2]),
    refunds: dice.pick([0, 0, 0.5]),
    rush: dice.pick([0, 0.5, 1]),
    rushMs: dice.pick([50, 600, 3000]),
    doubles: dice.pick([0, 0, 0.5]),
    lost: dice.pick([0, 0, 0.2]),
  }
}

function drawSale(dice: Dice, chaosMs: number): SalePlan {
  const hour = 3600_000
  const startTime = dice.pick([-hour, -hour, dice.between(0, 4000), dice.between(0, chaosMs)])
  const soon = Math.max(startTime, PRELUDE_MS) + dice.between(1, chaosMs)
  const units = Array.from({ length: dice.pick([1, 1, 1, 2, 3]) }, () => dice.pick([1, 1, 2, 3, 5, 10]))
  return {
    at: dice.some(0.85, 0, dice.between(0, chaosMs)),
    startTime,
    endTime: dice.some(0.5, hour, soon),
    limit: dice.pick([1, 1, 2, 3]),
    units,
    stock: units.map((count) => dice.some(0.5, count + dice.between(0, 5), null)),
  }
}
