import type { SaleChange } from '../src/books/books.ts'
import type { Id } from '../src/core/ids.ts'
import type { Shopfront } from './buyers.ts'
import type { Dice } from './dice.ts'
import type { Host } from './host.ts'
import type { Process } from './process.ts'
import type { SalePlan } from './weather.ts'
import { EPOCH, PRICE, type World } from './world.ts'

/** Opens sales and changes them while they run, through whatever process answers. */
export class Operator {
  readonly #world: World
  readonly #dice: Dice
  readonly #hosts: readonly Host[]
  readonly #shopfronts: Shopfront[]
  readonly #changes = new Set<{ process: Process; generation: number }>()

  constructor(world: World, dice: Dice, hosts: readonly Host[], shopfronts: Shopfront[]) {
    this.#world = world
    this.#dice = dice
    this.#hosts = hosts
    this.#shopfronts = shopfronts
  }

  /** A change is being made by a process that is still the same. */
  get isBusy(): boolean {
    return [...this.#changes].some(({ process, generation }) => process.generation === generation)
  }

  /** The shopfront shows a sale from the moment that somebody began to make it. */
  open(saleId: Id, plan: SalePlan, triesLeft = 5): void {
    const { startTime, endTime, limit, units } = plan
    const host = this.#dice.pick(this.#hosts)
    const products = units.map((_, i) => `${saleId}-item-${i + 1}`)
    const entered = host.enter(({ runSale, clock }) => {
      const items = units.map((quantity, i) => ({ productId: products[i] as Id, price: PRICE, currency: 'EUR', quantity }))
      const from = EPOCH + startTime
      const sale = {
        id: saleId,
        name: saleId,
        banner: null,
        startTime: from,
        endTime: EPOCH + endTime,
        limit,
        drillId: null,
        items,
      }
      if (sale.endTime > clock.now()) void runSale.create(sale).catch(host.process.failed)
    })
    if (entered) this.#shopfronts.push({ saleId, products, limit })
    else if (triesLeft > 0) this.#world.after(200, () => this.open(saleId, plan, triesLeft - 1))
  }

  act(): void {
    const dice = this.#dice
    const shopfront = this.#shopfronts.length > 0 ? dice.pick(this.#shopfronts) : undefined
    const host = dice.pick(this.#hosts)
    if (!shopfront) return
    const productId = dice.pick(shopfront.products)
    const change: SaleChange = dice.pick([
      { pausedByOperator: true },
      { pausedByOperator: true },
      { pausedByOperator: false },
      { items: [{ productId, quantity: dice.between(0, 6) }] },
      { items: [{ productId, quantity: dice.between(0, 6) }] },
      { limit: dice.between(1, 3) },
      { endTime: EPOCH + this.#world.time + dice.between(0, 3000) },
    ])
    this.change(shopfront.saleId, change, host)
  }

  change(saleId: Id, change: SaleChange, host: Host): void {
    const world = this.#world
    const begun = world.time
    const made = { process: host.process, generation: host.process.generation }
    const entered = host.enter(({ runSale }) => {
      world.tell('operator', `wants ${JSON.stringify(change)} for ${saleId} of ${host.process.name}`)
      const hear = ({ kind }: { kind: string }) => world.tell('operator', `hears after ${world.time - begun} ms: ${kind}`)
      const changing = runSale.change(saleId, change).then(hear, host.process.failed)
      void changing.finally(() => this.#changes.delete(made))
    })
    if (entered) this.#changes.add(made)
  }
}
