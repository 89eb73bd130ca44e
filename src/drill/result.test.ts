import assert from 'node:assert/strict'
import { test } from 'node:test'
import { printed } from './print.ts'
import { report } from './report.ts'
import { type Cards, equations, holds, isOfShare, lagOf, latencies, type Result, verdict, type Watched } from './result.ts'

const exact: Result = {
  settings: { buyers: 1000, units: 100, noCredit: 0.2, parallel: 1, overMs: 1000, watchers: 0, card: 0, gateway: null },
  url: 'http://127.0.0.1:8080',
  machine: 'a machine',
  startedAt: 1_700_000_000_000,
  arrivals: [0, 10, 20],
  answers: [
    { at: 5, latency: 5, word: 'accepted', status: 202 },
    { at: 12, latency: 2, word: 'busy', status: 503 },
    { at: 24, latency: 4, word: 'sold-out', status: 409 },
  ],
  lost: 0,
  refused: 0,
  gaveUp: 0,
  stock: [
    { at: 0, remaining: 100 },
    { at: 250, remaining: 0 },
  ],
  told: { COMPLETED: 100, FAILED: 25 },
  twice: 0,
  item: { allotment: 100, remaining: 0, held: 0, sold: 100 },
  auditFailures: [],
  settledAt: 1400,
  cards: null,
  watched: null,
  shopCpuMs: null,
}

const failing = (change: Partial<Result>) =>
  equations({ ...exact, ...change })
    .filter((equation) => !holds(equation))
    .map(({ says }) => says.split(/ [=(]/)[0])

test('a rehearsal that went well', () => {
  assert.deepEqual(failing({}), [])
  assert.equal(verdict(exact), 'exact: 100 of 100 sold, 0 lost, balanced')
})

test('each equation fails for its own reason', () => {
  const cases: [Partial<Result>, string[]][] = [
    [{ told: { COMPLETED: 100, FAILED: 24, unknown: 1 } }, ['told yes']],
    [{ told: { COMPLETED: 100, RESERVATION_PENDING: 1 } }, ['told yes']],
    [{ item: { ...exact.item, held: 1 } }, ['allotment']],
    [{ told: { COMPLETED: 99 } }, ['sold']],
    [{ told: { COMPLETED: 99 }, item: { ...exact.item, remaining: 1, sold: 99 } }, ['sold']],
    [{ twice: 1 }, ['buyers with two orders']],
    [{ answers: [{ at: 1, latency: 1, word: 'internal', status: 500 }] }, ['answers 5xx other than 503']],
    [{ refused: 1 }, ['refused connections']],
    [{ gaveUp: 1 }, ['requests never answered']],
    [{ auditFailures: ['money journal'] }, ['equations of the audit that fail']],
  ]
  for (const [change, says] of cases) assert.deepEqual(failing(change), says, JSON.stringify(change))
})

test('the verdict counts what was promised and is not there', () => {
  const lost = { ...exact, told: { COMPLETED: 98, unknown: 1, PAYMENT_PENDING: 1 } }
  assert.equal(verdict(lost), 'NOT exact: 100 of 100 sold, 2 lost, 2 equations fail')
})

test('fewer buyers who can pay than units: all of them get one', () => {
  const few = { settings: { ...exact.settings, buyers: 50 }, told: { COMPLETED: 40 } }
  assert.deepEqual(failing({ ...few, item: { allotment: 100, remaining: 60, held: 0, sold: 40 } }), [])
})

const paid: Cards = {
  price: { amount: 1999, currency: 'EUR' },
  orders: 125,
  completed: 100,
  expired: 20,
  failed: 2,
  refunded: 3,
  attempts: 140,
  declined: 17,
  left: 19,
  unpaid: 25,
  journal: 199_900,
  gateway: 199_900,
  owed: 0,
}
const byCard: Partial<Result> = {
  settings: { ...exact.settings, noCredit: 0, card: 1, gateway: 'chaos' },
  told: { COMPLETED: 100, EXPIRED: 20, FAILED: 2, REFUNDED: 3 },
  cards: paid,
}

test('a rehearsal by card is exact to the cent, and says what became of the cards', () => {
  assert.deepEqual(failing(byCard), [])
  const text = printed({ ...exact, ...byCard })
  assert.match(text, /^crowd +1,000 buyers, all by card at a gateway in chaos, within/m)
  assert.match(
    text,
    /^by card +125 orders: 100 completed, 2 failed, 20 expired, 3 refunded · 140 attempts, 17 declined · 19 left the page$/m,
  )
  assert.match(text, /^ok +taken by card .*, in our books: 1,999\.00 EUR = 1,999\.00 EUR$/m)
  assert.match(report({ ...exact, ...byCard }), /By card: 125 orders: 100 completed/)
})

test('each equation of money fails for its own reason, by a cent', () => {
  const cases: [Partial<Cards>, string[]][] = [
    [{ journal: 199_899 }, ['taken by card - given back']],
    [{ gateway: 199_901 }, ['taken by card - given back']],
    [{ owed: 1 }, ['owed to buyers by card']],
    [{ completed: 99 }, ['taken by card - given back', 'taken by card - given back']],
  ]
  for (const [change, says] of cases) assert.deepEqual(failing({ ...byCard, cards: { ...paid, ...change } }), says)
  const [, red] = report({ ...exact, ...byCard, cards: { ...paid, gateway: 199_901 } }).split('<h1>')
  assert.match(red ?? '', /^NOT exact/)
})

test('who gave up paying by card wanted no unit in the end; nobody else is left out', () => {
  const few: Partial<Result> = {
    ...byCard,
    settings: { ...exact.settings, buyers: 120, noCredit: 0, card: 1, gateway: null },
    told: { COMPLETED: 95, EXPIRED: 25 },
    item: { allotment: 100, remaining: 5, held: 0, sold: 95 },
    cards: { ...paid, completed: 95, unpaid: 25, journal: 95 * 1999, gateway: 95 * 1999 },
  }
  assert.deepEqual(failing(few), [])
  assert.deepEqual(failing({ ...few, cards: { ...paid, completed: 95, unpaid: 24, journal: 95 * 1999, gateway: 95 * 1999 } }), [
    'sold',
  ])
})

test('a share is spread evenly', () => {
  const chosen = (share: number, buyers: number) => Array.from({ length: buyers }, (_, i) => i).filter((i) => isOfShare(i, share))
  assert.deepEqual(chosen(0.25, 12), [3, 7, 11])
  assert.deepEqual([chosen(0, 5).length, chosen(1, 5).length, chosen(0.3, 10).length], [0, 5, 3])
})

test('percentiles are by nearest rank', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index)
  assert.deepEqual(
    latencies(hundred).map(({ ms }) => ms),
    [50, 90, 95, 99, 100],
  )
  assert.deepEqual(
    latencies([7]).map(({ ms }) => ms),
    [7, 7, 7, 7, 7],
  )
  assert.ok(latencies([]).every(({ ms }) => Number.isNaN(ms)))
})

test('lags are by nearest rank too, of counts', () => {
  const lags: number[] = []
  lags[3] = 98
  lags[7] = 1
  lags[40] = 1
  const watched: Watched = { wanted: 10, open: 10, dropped: 0, frames: 120, lags, polls: 0, failedPolls: 0 }
  assert.deepEqual(
    [0, 50, 98, 99, 100].map((percentile) => lagOf(watched, percentile)),
    [3, 3, 3, 7, 40],
  )
  assert.ok(Number.isNaN(lagOf({ ...watched, lags: [] }, 50)))
  assert.match(report({ ...exact, watched }), /10 of 10 open at the opening, 0 dropped .* p50 3\.0 ms · p99 7\.0 ms old/)
})

test('the report stands alone, says the verdict first and lets no text in as markup', () => {
  const page = report({ ...exact, auditFailures: ['<script>'], machine: 'a & b' })
  const text = page
    .slice(page.indexOf('<body>'))
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
  assert.match(text, /^Doorbuster drill NOT exact 100 of 100 sold, 0 lost, 1 equation fails/)
  assert.doesNotMatch(page, /<script|<link|@import|url\(|NaN|undefined|src=/)
  assert.ok(page.includes('a &#38; b') && page.includes('&#60;script&#62;'))
})

test('the report of a rehearsal in which nobody got an answer', () => {
  const page = report({ ...exact, answers: [], stock: [], told: {}, gaveUp: 3 })
  assert.doesNotMatch(page, /NaN|undefined|Infinity/)
})
