import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Sales } from '../books/books.ts'
import { assert } from '../core/assert.ts'
import type { Id } from '../core/ids.ts'
import type { GatewayName } from '../payment/payment-address.ts'
import type { Clock } from '../platform/clock.ts'
import type { Random } from '../platform/random.ts'
import type { Board, Live } from '../purchase/board.ts'
import { type Facts, frontFacts, noFacts, type Shown, saleFacts } from './page-facts.ts'
import { type Bytes, htmlBytes, readBytes } from './ready-bytes.ts'
import { dated, SaleShelf, statusView } from './sale-shelf.ts'
import { momentOf, saleView, untouched } from './sale-view.ts'

/** What the built document leaves free. */
const places = { head: '<!--facts-->', body: '<div id="app"></div>' }

/** The page that was built into `folder`. Files are read once, here. */
export class Page {
  readonly assets: ReadonlyMap<string, Bytes>
  /** For the frame in which the issuer is asked whether somebody is signed in. */
  readonly silent: Bytes
  /** Without facts: what it shows is its reader's own. */
  readonly bare: Bytes
  readonly #template: string

  /** `cards`: the gateway behind payments by card, of which the page's script is told; `none`: they are not taken. */
  constructor(folder: string, cards: GatewayName) {
    const read = (name: string) => readFileSync(join(folder, name), 'utf8')
    const built = read('index.html')
    for (const place of Object.values(places)) assert(built.includes(place), `index.html lacks ${place}`)
    const meta = `<meta name="cards" content="${cards}">`
    this.#template = cards === 'none' ? built : built.replace(places.head, `${meta}\n    ${places.head}`)
    this.silent = htmlBytes(read('silent.html'))
    this.assets = readBytes(join(folder, 'assets'))
    this.bare = this.document(noFacts)
  }

  document({ head, body }: Facts): Bytes {
    // By functions: in a text, `$&` and the like would be read as more than text.
    const html = this.#template.replace(places.head, () => head)
    return htmlBytes(html.replace(places.body, () => places.body.replace('><', () => `>${body}<`)))
  }
}

export type DocumentParts = {
  page: Page
  board: Pick<Board, 'get' | 'all'>
  sales: Pick<Sales, 'sale'>
  clock: Clock
  random: Random
  /** How long before its end a sale is `Ending Soon`, milliseconds. */
  endingSoonMs: number
  /** Where the shop is reached from elsewhere; null where that is not known. */
  publicUrl: string | null
}

const SALES_MAX = 20
/** What `GET /api/v1/sales/active` gives whoever does not say. */
const LISTED = 20
/** A crowd that reloads is answered with the same bytes for so long. */
const GOOD_FOR_MS = 250
const HELD_MAX = 100
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

type Held<T> = { until: number; document: T }

/** Those that differ by the sales, made at most every 250 ms. */
export class Documents {
  readonly #parts: DocumentParts
  readonly #shelf: SaleShelf
  readonly #sales = new Map<string, Held<Promise<Bytes | undefined>>>()
  #front: Held<Bytes> | undefined

  constructor(parts: DocumentParts) {
    this.#parts = parts
    this.#shelf = new SaleShelf(parts)
  }

  front(): Bytes {
    const { page, board, clock, endingSoonMs } = this.#parts
    if (!this.#isGood(this.#front)) {
      const now = clock.now()
      const shown = inOrder(board.all(), now).map((live) => shownAt(live, now, endingSoonMs))
      const active = this.#shelf.active(LISTED, undefined, now).text
      this.#front = this.#hold(page.document(frontFacts(shown, now, `{"active":${active}}`)))
    }
    return this.#front.document
  }

  /** `undefined`: there is no such sale. */
  sale(id: Id): Promise<Bytes | undefined> {
    const held = this.#sales.get(id)
    if (this.#isGood(held)) return held.document
    if (this.#sales.size >= HELD_MAX) this.#sales.clear()
    const fresh = this.#hold(this.#saleNow(id))
    this.#sales.set(id, fresh)
    return fresh.document
  }

  async #saleNow(id: Id): Promise<Bytes | undefined> {
    const { page, board, sales, clock, endingSoonMs, publicUrl } = this.#parts
    const now = clock.now()
    const live = board.get(id)
    if (live) {
      const { sale, status } = this.#shelf.of(live, now)
      const json = `{"sale":{"sale":${dated(sale, now)},"status":${dated(status, now)}}}`
      return page.document(saleFacts(shownAt(live, now, endingSoonMs), now, json, publicUrl))
    }
    const sale = ID.test(id) ? await sales.sale(id) : undefined
    if (!sale) return undefined
    const remaining = untouched(sale, now)
    const moment = momentOf(sale, remaining, now, endingSoonMs)
    const json = { sale: { sale: saleView(sale, moment, now), status: statusView(sale, remaining, moment, now) } }
    return page.document(saleFacts({ sale, remaining, phase: moment.phase }, now, JSON.stringify(json), publicUrl))
  }

  #hold<T>(document: T): Held<T> {
    return { until: this.#parts.clock.ticks() + GOOD_FOR_MS, document }
  }

  #isGood<T>(held: Held<T> | undefined): held is Held<T> {
    return held !== undefined && this.#parts.clock.ticks() < held.until
  }
}

function shownAt({ sale, remaining }: Live, now: number, endingSoonMs: number): Shown {
  return { sale, remaining, phase: momentOf(sale, remaining, now, endingSoonMs).phase }
}

/** What is on, soonest end first, then what is to come. */
function inOrder(all: Live[], now: number): Live[] {
  const sales = all.filter(({ sale }) => now < sale.endTime && sale.drillId === null)
  const on = sales.filter(({ sale }) => sale.startTime <= now).sort((a, b) => a.sale.endTime - b.sale.endTime)
  const coming = sales.filter(({ sale }) => sale.startTime > now).sort((a, b) => a.sale.startTime - b.sale.startTime)
  return [...on, ...coming].slice(0, SALES_MAX)
}
