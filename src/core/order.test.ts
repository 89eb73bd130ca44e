import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { isFinal, isLive, type OrderState, orderStates, releases, type UnitState, unitOf } from './order.ts'

const units: Record<OrderState, UnitState> = {
  RESERVATION_PENDING: 'held',
  PAYMENT_PENDING: 'held',
  COMPLETED: 'sold',
  FAILED: 'free',
  CANCELLED: 'free',
  EXPIRED: 'free',
  // Paid for once, and not back in the sale unless the order says so.
  REFUND_DUE: 'sold',
  REFUNDED: 'sold',
}

suite('the unit of an order', () => {
  for (const [state, unit] of Object.entries(units) as [OrderState, UnitState][]) {
    test(`${state}: ${unit}`, () => {
      const order = { state, released: unit === 'free' }
      assert.equal(unitOf(order), unit)
      assert.equal(isLive(order), unit !== 'free')
      assert.equal(isFinal(state), unit !== 'held')
    })
  }
})

test('every state is listed, once', () => assert.deepEqual(orderStates.toSorted(), Object.keys(units).sort()))

test('what releases an order frees its unit, each to a state of its own', () => {
  assert.deepEqual(releases, { fail: 'FAILED', cancel: 'CANCELLED', expire: 'EXPIRED' })
  for (const state of Object.values(releases)) assert.equal(unitOf({ state, released: true }), 'free')
})

test('a refund that takes the unit back frees it', () => {
  for (const state of ['REFUND_DUE', 'REFUNDED'] as const) assert.equal(unitOf({ state, released: true }), 'free')
})
