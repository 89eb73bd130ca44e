import { Buyer, type Street } from './buyers.ts'
import { CardGateway } from './card-gateway.ts'
import { Dice } from './dice.ts'
import { FarStores } from './far-stores.ts'
import type { Host } from './host.ts'
import { OwnStores } from './own-stores.ts'
import { type Result, Stage } from './stage.ts'
import { type Weather, weatherOf } from './weather.ts'
import { type Choice, PRELUDE_MS, PRICE, World } from './world.ts'

/** One world from its seed. */
export async function runSeed(seed: number, choice: Choice = {}): Promise<Result> {
  const weather = weatherOf(seed)
  const world = new World(choice)
  const dice = new Dice(seed, 'stores')
  const gateway = new CardGateway(world, new Dice(seed, 'gateway'), weather.cards, new Dice(seed, 'forger'))
  const { holdTtlMs } = weather.rhythm
  if (weather.isEmbedded) return runEmbedded(seed, world, weather, await OwnStores.open(world, dice, gateway, holdTtlMs))
  const stores = new FarStores(world, dice, gateway, weather.log, holdTtlMs)
  const stage = new Stage(seed, world, weather, stores)
  return stage.play(() => {
    planCrowd(stage, seed, weather)
    planOperator(stage, seed, weather)
    planFaults(stage, weather)
    planLosses(stage, stores, weather)
  })
}

function runEmbedded(seed: number, world: World, weather: Weather, stores: OwnStores): Promise<Result> {
  const stage = new Stage(seed, world, weather, stores)
  stage.promises.inBooks = true
  return stage.play(() => {
    planCrowd(stage, seed, weather)
    planOperator(stage, seed, weather)
    planFaults(stage, weather)
    for (const [i, { at, ms }] of weather.booksStops.entries()) {
      world.at(at, () => world.strikes(`disk ${i}`) && stores.fillDisk(ms))
    }
  })
}

function planCrowd(stage: Stage, seed: number, { crowd, sales, chaosMs }: Weather): void {
  const dice = new Dice(seed, 'crowd')
  const street: Street = {
    world: stage.world,
    hosts: stage.apis,
    shopfronts: stage.shopfronts,
    asks: stage.promises.asks,
    untilMs: chaosMs,
    reading: (orderId) => stage.promises.reading(orderId),
    press: (txnId, what) => stage.premises.gateway.press(txnId, what),
  }
  const edges = sales.flatMap(({ startTime, endTime }) => [startTime, endTime]).filter((at) => at > 0 && at <= chaosMs)
  for (let i = 1; i <= crowd.buyers; i++) {
    stage.premises.openWallet(`buyer-${i}`, dice.chance(crowd.poor) ? dice.between(0, 2) * PRICE : 100 * PRICE)
    new Buyer(`buyer-${i}`, seed, street, crowd).plan(chaosMs, edges)
  }
}

function planOperator(stage: Stage, seed: number, { operator: { acts }, chaosMs }: Weather): void {
  const { world, operator } = stage
  stage.hasOperator = acts > 0
  const dice = new Dice(seed, 'acts')
  for (let act = 0; act < acts; act++) {
    world.at(dice.between(PRELUDE_MS, chaosMs), () => world.strikes(`operator ${act}`) && operator.act())
  }
}

function planFaults({ world, hosts, premises }: Stage, { crashes, stalls, clockSteps, gatewayStops }: Weather): void {
  const plan = (name: string, at: number, work: () => void) => world.at(at, () => world.strikes(name) && work())
  const hostOf = (which: number) => hosts[which % hosts.length] as Host
  for (const [i, { at, which, ms }] of crashes.entries()) plan(`crash ${i}`, at, () => hostOf(which).crash(ms))
  for (const [i, { at, which, ms }] of stalls.entries()) plan(`stall ${i}`, at, () => hostOf(which).process.stall(ms))
  for (const [i, { at, ms }] of gatewayStops.entries()) plan(`gateway ${i}`, at, () => premises.gateway.stop(ms))
  for (const [i, { at, which, amount }] of clockSteps.entries()) {
    plan(`clock ${i}`, at, () => hostOf(which).process.stepClock(amount))
  }
}

function planLosses(stage: Stage, stores: FarStores, { ledgerLosses, booksStops, eventsStops }: Weather): void {
  const { world, hosts } = stage
  const plan = (name: string, at: number, work: () => void) => world.at(at, () => world.strikes(name) && work())
  for (const [i, { at, how, amount, ms }] of ledgerLosses.entries()) {
    const lost = amount > 8 ? Number.POSITIVE_INFINITY : Math.abs(amount)
    plan(`ledger ${i}`, at, () => {
      if (how === 'restart') stores.ledger.restart(lost, ms)
      else
        stores.ledger.split(
          hosts.map((host) => host.process),
          lost,
          ms,
        )
      stage.lostLedger()
    })
  }
  for (const [i, { at, ms }] of booksStops.entries()) plan(`books ${i}`, at, () => stores.stopBooks(ms))
  for (const [i, { at, ms }] of eventsStops.entries()) plan(`events ${i}`, at, () => stores.stopEvents(ms))
}
