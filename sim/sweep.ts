import { roleNames } from '../src/config.ts'
import type { PaymentMethod } from '../src/core/order.ts'
import { cancelOrder, refundOrder } from '../src/purchase/settle-order.ts'
import { CardGateway, plainManners } from './card-gateway.ts'
import { Dice } from './dice.ts'
import { FarStores } from './far-stores.ts'
import type { Ask, Host } from './host.ts'
import { calmNetwork } from './process.ts'
import { type Cast, type Result, Stage } from './stage.ts'
import { type Fate, PRELUDE_MS, PRICE, World } from './world.ts'

type Story = { name: string; units?: number; endTime?: number; act(stage: Stage, stores: FarStores): void }

const HOUR = 3600_000
const CHAOS_MS = PRELUDE_MS + 3000
const ways: Fate[] = ['refuse', 'loseRequest', 'loseAnswer', 'late', 'crashBefore', 'crashAfter']

/** Short stories in which nobody asks a second time: whoever meets the failure walks away. */
const stories: Story[] = [
  { name: 'one buys', act: (stage) => void ask(stage, 0, 'buyer-1') },
  {
    name: 'one cannot pay, another takes the unit',
    units: 1,
    act: (stage) => {
      ask(stage, 0, 'poor-buyer')
      ask(stage, 1500, 'buyer-1', 1)
    },
  },
  {
    name: 'one clicks twice, at two processes',
    act: (stage) => {
      ask(stage, 0, 'buyer-1', 0)
      ask(stage, 10, 'buyer-1', 1)
    },
  },
  {
    name: 'one opens the card page and cancels',
    units: 1,
    act: (stage) => {
      const first = ask(stage, 0, 'buyer-1', 0, 'card')
      stage.world.at(PRELUDE_MS + 1000, () => cancel(stage.apis[1] as Host, first))
      ask(stage, 2000, 'buyer-2', 0)
    },
  },
  {
    name: 'one opens the card page and never comes back',
    units: 1,
    act: (stage) => void ask(stage, 0, 'buyer-1', 0, 'card'),
  },
  {
    name: 'one pays by card',
    act: (stage) => {
      ask(stage, 0, 'buyer-1', 0, 'card')
      pressLater(stage, 1500, 'pay')
    },
  },
  {
    name: 'a card is declined, the next one pays, and the money is wanted back',
    act: (stage) => {
      const first = ask(stage, 0, 'buyer-1', 0, 'card')
      pressLater(stage, 700, 'decline')
      pressLater(stage, 1700, 'pay')
      stage.world.at(PRELUDE_MS + 2500, () => giveBack(stage.apis[1] as Host, first))
    },
  },
  {
    name: 'one cancels while the card pays',
    units: 1,
    act: (stage) => {
      const first = ask(stage, 0, 'buyer-1', 0, 'card')
      pressLater(stage, 1000, 'pay')
      stage.world.at(PRELUDE_MS + 1003, () => cancel(stage.apis[1] as Host, first))
    },
  },
  {
    name: 'the ledger restarts and has forgotten the last purchases',
    units: 3,
    act: (stage, stores) => {
      for (const [i, buyer] of ['buyer-1', 'buyer-2', 'poor-buyer'].entries()) ask(stage, 5 * i, buyer, i % 2)
      stage.world.at(PRELUDE_MS + 25, () => {
        stores.ledger.restart(3, 100)
        stage.lostLedger()
      })
    },
  },
  {
    name: 'a sale ends and is settled',
    endTime: PRELUDE_MS + 1500,
    act: (stage) => {
      ask(stage, 0, 'buyer-1')
      ask(stage, 1490, 'buyer-2', 1)
    },
  },
  {
    name: 'the operator pauses, takes a unit away and goes on',
    units: 3,
    act: (stage) => {
      stage.hasOperator = true
      const change = (ms: number, what: Parameters<Stage['operator']['change']>[1]) =>
        stage.world.at(PRELUDE_MS + ms, () => stage.operator.change('sale-1', what, stage.apis[0] as Host))
      change(0, { pausedByOperator: true })
      change(500, { items: [{ productId: 'sale-1-item-1', quantity: 2 }] })
      change(1000, { pausedByOperator: false })
      for (const ms of [480, 490, 1020]) ask(stage, ms, `buyer-${ms}`, 1)
    },
  },
]

export type Breach = { story: string; way: Fate; call: number; step: string; law: string; what: string }

/**
 * Each story fails in each way at call 1, 2, 3 … until it ends before the failure comes. Answers how often one was played.
 * @param told answers false where that is enough.
 */
export async function sweep(told: (breach: Breach) => unknown): Promise<number> {
  let runs = 0
  for (const story of stories) {
    for (const way of ways) {
      for (let call = 1; ; call++) {
        const { result, step } = await play(story, way, call)
        runs++
        const { broken } = result
        if (broken && told({ story: story.name, way, call, step, law: broken.law, what: broken.message }) === false) return runs
        if (step === '') break
      }
    }
  }
  return runs
}

/** `step`: the call that failed; empty where there were not so many. */
async function play(story: Story, way: Fate, call: number): Promise<{ result: Result; step: string }> {
  const world = new World()
  let calls = 0
  let step = ''
  world.plan = (what) => {
    if (world.time < PRELUDE_MS || world.time >= CHAOS_MS || ++calls !== call) return undefined
    step = what
    return way
  }
  const cast = castOf(story)
  const calm = { twice: 0, late: 0, shared: 0, shuffled: false }
  const gateway = new CardGateway(world, new Dice(1, 'gateway'), plainManners)
  const stores = new FarStores(world, new Dice(1, 'stores'), gateway, calm, cast.rhythm.holdTtlMs)
  const stage = new Stage(1, world, cast, stores)
  const result = await stage.play(() => {
    for (const buyer of ['buyer-1', 'buyer-2', 'buyer-480', 'buyer-490', 'buyer-1020']) stores.openWallet(buyer, 10 * PRICE)
    stores.openWallet('poor-buyer', 0)
    story.act(stage, stores)
  })
  return { result, step }
}

function castOf({ units = 2, endTime = HOUR }: Story): Cast {
  const processes = ['shop-1', 'shop-2'].map((name) => ({ name, runs: roleNames, clockOffset: 0 }))
  const rhythm = { publishMs: 1000, settleMs: 1000, catchUpMs: 1000, sweepMs: 5000, lagMs: 3000, holdTtlMs: 3000 }
  const sale = { at: 0, startTime: -HOUR, endTime, limit: 1, units: [units], stock: [10] }
  return { processes, rhythm, network: calmNetwork(5), sales: [sale], chaosMs: CHAOS_MS }
}

function ask(stage: Stage, ms: number, buyerId: string, host = 0, method: PaymentMethod = 'credit'): Ask {
  const { world, promises, apis } = stage
  const productId = 'sale-1-item-1'
  const purchase = {
    saleId: 'sale-1',
    productId,
    buyerId,
    quantity: 1,
    method,
    keyDigest: 'key-1',
    bodyDigest: `${productId}|1|${method}`,
  }
  const made: Ask = { ...purchase, sentAt: PRELUDE_MS + ms }
  world.at(PRELUDE_MS + ms, () => {
    promises.asks.push(made)
    apis[host]?.purchase(made, () => {})
  })
  return made
}

function cancel(host: Host, { placed }: Ask): void {
  if (placed?.kind !== 'accepted') return
  host.enter(({ moves }) => void cancelOrder(moves, placed.orderId, 'its buyer').catch(host.process.failed))
}

function giveBack(host: Host, { placed }: Ask): void {
  if (placed?.kind !== 'accepted') return
  host.enter(({ moves }) => void refundOrder(moves, placed.orderId, 'wanted', true).catch(host.process.failed))
}

/** Whatever page is open then. */
function pressLater({ world, premises }: Stage, ms: number, what: 'pay' | 'decline'): void {
  world.at(PRELUDE_MS + ms, () => {
    for (const txnId of premises.gateway.charged.keys()) premises.gateway.press(txnId, what)
  })
}

/** For people. */
export function breachWords({ story, way, call, step, law, what }: Breach): string {
  return `${story}: ${way} at call ${call}, ${step}: ${law}: ${what}`
}
