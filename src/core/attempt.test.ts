import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import {
  ATTEMPTS_MAX,
  type AttemptState,
  attemptStates,
  type Consequence,
  consequenceOf,
  gatewayKey,
  isOpenAttempt,
  nextState,
} from './attempt.ts'
import { isFinal, type OrderState, orderStates } from './order.ts'
import { type GatewayState, gatewayStates } from './payment.ts'

const no = undefined
/** In the order of `gatewayStates`: open, authorized, captured, declined, voided, refunded. */
const table: Record<AttemptState, (AttemptState | undefined)[]> = {
  CREATED: ['OPEN', 'AUTHORIZED', 'CAPTURED', 'DECLINED', 'VOIDED', 'VOIDED'],
  OPEN: [no, 'AUTHORIZED', 'CAPTURED', 'DECLINED', 'VOIDED', 'VOIDED'],
  AUTHORIZED: [no, no, 'CAPTURED', 'DECLINED', 'VOIDED', 'VOIDED'],
  VOIDING: [no, no, 'CAPTURED', 'DECLINED', 'VOIDED', 'VOIDED'],
  CAPTURED: [no, no, no, no, no, 'REFUNDED'],
  DECLINED: [no, no, 'CAPTURED', no, no, no],
  VOIDED: [no, no, 'CAPTURED', no, no, no],
  REFUND_DUE: [no, no, no, no, no, 'REFUNDED'],
  REFUNDED: [no, no, no, no, no, no],
}

suite('the state that follows from a view', () => {
  for (const state of attemptStates) {
    for (const [i, seen] of gatewayStates.entries()) {
      const to = table[state][i]
      test(`${state}, ${seen}: ${to ?? 'no news'}`, () => assert.equal(nextState(state, seen), to))
    }
  }
})

/** From which no view leads back. */
const rank: Record<AttemptState, number> = {
  CREATED: 0,
  OPEN: 1,
  AUTHORIZED: 2,
  VOIDING: 2,
  DECLINED: 3,
  VOIDED: 3,
  CAPTURED: 4,
  REFUND_DUE: 4,
  REFUNDED: 5,
}

test('every view leads forward, so that none is news twice and an old one undoes nothing', () => {
  for (const state of attemptStates) {
    for (const seen of gatewayStates) {
      const to = nextState(state, seen)
      if (!to) continue
      assert.ok(rank[to] > rank[state], `${state} goes to ${to}`)
      assert.equal(nextState(to, seen), undefined, `${to} hears ${seen} again`)
    }
  }
})

test('the same views in any order end in the same state, but for money that went back before it was known', () => {
  const states: GatewayState[] = ['open', 'authorized', 'declined', 'captured']
  const ends = orders(states).map((seen) => seen.reduce<AttemptState>((state, one) => nextState(state, one) ?? state, 'CREATED'))
  assert.deepEqual([...new Set(ends)], ['CAPTURED'])
})

function orders<T>(all: T[]): T[][] {
  return all.length === 0 ? [[]] : all.flatMap((one, i) => orders(all.toSpliced(i, 1)).map((rest) => [one, ...rest]))
}

test('open is what may still take money', () => {
  assert.deepEqual(attemptStates.filter(isOpenAttempt), ['CREATED', 'OPEN', 'AUTHORIZED', 'VOIDING'])
})

const NOW = 1000
const waiting: OrderState[] = orderStates.filter((state) => !isFinal(state))
const ended: OrderState[] = orderStates.filter(isFinal)
type Case = { number?: number; ending?: 'cancel' | 'expire' | null; another?: boolean; expiresAt?: number | null }

function consequence(state: OrderState, to: AttemptState, one: Case = {}): Consequence {
  const { number = 1, ending = null, another = false, expiresAt = NOW + 1 } = one
  return consequenceOf({ state, expiresAt }, { number, ending }, to, another, NOW)
}

suite('what an attempt means for its order', () => {
  const cases: [to: AttemptState, waiting: Consequence['kind'], ended: Consequence['kind']][] = [
    ['CREATED', 'none', 'none'],
    ['OPEN', 'none', 'none'],
    ['AUTHORIZED', 'none', 'none'],
    ['VOIDING', 'none', 'none'],
    ['CAPTURED', 'complete', 'late'],
    ['DECLINED', 'again', 'none'],
    ['VOIDED', 'again', 'none'],
    ['REFUND_DUE', 'none', 'none'],
    ['REFUNDED', 'refunded', 'refunded'],
  ]
  for (const [to, whileWaiting, afterwards] of cases) {
    for (const another of [false, true]) {
      const due = whileWaiting === 'again' && another ? 'none' : whileWaiting
      test(`${to}${another ? ' beside an open one' : ''}: ${due}, and ${afterwards} of an order that has ended`, () => {
        for (const state of waiting) assert.deepEqual(consequence(state, to, { another }), { kind: due })
        for (const state of ended) assert.deepEqual(consequence(state, to, { another }), { kind: afterwards })
      })
    }
  }
  for (const to of ['DECLINED', 'VOIDED'] as const) {
    const ends: [what: string, one: Case, end: Consequence][] = [
      ['that was to be cancelled', { ending: 'cancel' }, { kind: 'end', by: 'cancel', reason: 'cancelled' }],
      ['that was to expire', { ending: 'expire' }, { kind: 'end', by: 'expire', reason: 'hold-expired' }],
      ['at its time', { expiresAt: NOW }, { kind: 'end', by: 'expire', reason: 'hold-expired' }],
      ['without a time', { expiresAt: null }, { kind: 'end', by: 'expire', reason: 'hold-expired' }],
      ['with its last card', { number: ATTEMPTS_MAX }, { kind: 'end', by: 'fail', reason: 'card-declined' }],
      ['with its last card but one', { number: ATTEMPTS_MAX - 1 }, { kind: 'again' }],
      [
        'cancelled with its last card',
        { number: ATTEMPTS_MAX, ending: 'cancel' },
        { kind: 'end', by: 'cancel', reason: 'cancelled' },
      ],
    ]
    for (const [what, one, end] of ends) {
      test(`${to}, of an order ${what}: ${end.kind} ${'by' in end ? end.by : ''}`, () => {
        assert.deepEqual(consequence('PAYMENT_PENDING', to, one), end)
        for (const state of ended) assert.deepEqual(consequence(state, to, one), { kind: 'none' })
        assert.deepEqual(consequence('PAYMENT_PENDING', to, { ...one, another: true }), { kind: 'none' })
      })
    }
  }
})

test('the same wish is the same key, and no other is', () => {
  const attempts = [
    { orderId: 'a', number: 1 },
    { orderId: 'a', number: 11 },
    { orderId: 'a1', number: 1 },
  ]
  const keys = attempts.flatMap((one) => (['pay', 'capture', 'void', 'refund'] as const).map((wish) => gatewayKey(wish, one)))
  assert.equal(new Set(keys).size, keys.length)
  assert.equal(gatewayKey('refund', { orderId: 'a', number: 11 }), 'refund:a:11')
})
