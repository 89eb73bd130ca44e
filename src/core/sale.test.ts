import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { phaseOf, type Sale, type SaleTerms, statusOf, termsOf } from './sale.ts'

const [start, end, soon] = [1000, 2000, 100]
const terms: SaleTerms = {
  id: 'sale',
  startTime: start,
  endTime: end,
  epoch: 3,
  incarnation: 'run',
  limit: 2,
  pausedByOperator: false,
  pausedForRecovery: false,
}

suite('status and phase', () => {
  const open = {}
  const operator = { pausedByOperator: true }
  const recovery = { pausedForRecovery: true }
  const cases: [at: number, sale: Partial<SaleTerms>, remaining: number, status: string, phase: string][] = [
    [start - 1, open, 5, 'SCHEDULED', 'Scheduled'],
    [start - 1, open, 0, 'SCHEDULED', 'Scheduled'],
    [start - 1, operator, 5, 'PAUSED', 'Paused'],
    [start, open, 5, 'ACTIVE', 'Active'],
    [start, open, 0, 'ACTIVE', 'Sold Out'],
    [start, operator, 5, 'PAUSED', 'Paused'],
    [start, recovery, 0, 'PAUSED', 'Paused'],
    [end - soon - 1, open, 5, 'ACTIVE', 'Active'],
    [end - soon, open, 5, 'ACTIVE', 'Ending Soon'],
    [end - soon, open, 0, 'ACTIVE', 'Sold Out'],
    [end - 1, open, 5, 'ACTIVE', 'Ending Soon'],
    [end, open, 5, 'ENDED', 'Ended'],
    [end, operator, 5, 'ENDED', 'Ended'],
    [end, recovery, 0, 'ENDED', 'Ended'],
  ]
  for (const [at, change, remaining, status, phase] of cases) {
    test(`at ${at}, ${Object.keys(change)[0] ?? 'open'}, ${remaining} left: ${status}, ${phase}`, () => {
      const sale = { ...terms, ...change }
      assert.equal(statusOf(sale, at), status)
      assert.equal(phaseOf(sale, remaining, at, soon), phase)
    })
  }
})

test('of a whole sale only what decides', () => {
  const sale: Sale = { ...terms, name: 'A sale', banner: null, items: [], createdAt: 0, settledAt: null, drillId: null }
  assert.deepEqual(termsOf(sale), terms)
})
