import assert from 'node:assert/strict'
import { test } from 'node:test'
import { report } from './report.ts'
import { equations, holds, lagOf, latencies, type Result, verdict, type Watched } from './result.ts'

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
