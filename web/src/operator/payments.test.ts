import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { addOperatorWords } from '../i18n.ts'
import type { Order } from '../order-words.ts'
import { shopAnswers, shown } from '../shop.fixture.ts'
import OrdersPage from './orders-page.vue'
import PaymentsPage from './payments-page.vue'

const eur = (amount: number) => ({ amount, currency: 'EUR' })
const at = '2026-01-01T12:00:00Z'
const order = (status: Order['status'], method: 'credit' | 'card' = 'card', more: Partial<Order> = {}) => ({
  ...{ orderId: 'order-00000001', saleId: 's', productId: 'p', userId: 'ann', quantity: 2, price: eur(2000), status },
  ...{ payment: { method }, createdAt: at, updatedAt: at, ...more },
})
const attempt = (number: number, state: string, more: object = {}) => ({
  ...{ attempt: number, state, amount: eur(4000), tries: 0, createdAt: at, updatedAt: at, txnId: `txn-${number}`, ...more },
})
const sales = { 'GET /sales/s': () => ({ body: { id: 's', name: 'Lamps', items: [{ productId: 'p', name: 'Lamp' }] } }) }

enableAutoUnmount(afterEach)
beforeAll(addOperatorWords)
beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

describe("an order's payment", () => {
  const list = (row: object) => ({ 'GET /admin/orders': () => ({ body: { items: [row], next: null } }) })
  async function details(answers: Parameters<typeof shopAnswers>[0]) {
    shopAnswers({ ...sales, ...answers })
    const page = await shown(OrdersPage)
    await page.get('td .btn').trigger('click')
    await flushPromises()
    return { page, dialog: page.get('dialog.row-dialog') }
  }
  const yes = '.ask .choice .btn-danger-quiet'

  it('by card shows each attempt; a refund asks, names order and amount, and wants a reason', async () => {
    const bodies: unknown[] = []
    let now = order('COMPLETED')
    const { page, dialog } = await details({
      ...list(now),
      'GET /orders/order-00000001': () => ({ body: { ...now, history: [] } }),
      'GET /admin/orders/order-00000001/attempts': () => ({
        body: { items: [attempt(1, 'declined', { reason: 'insufficient_funds' }), attempt(2, 'captured', { tries: 1 })] },
      }),
      'POST /admin/orders/order-00000001/refund': ({ body }) => {
        bodies.push(body)
        now = order('REFUND_DUE', 'card', { reason: 'Broken' })
        return { status: 202, body: now }
      },
    })
    const attempts = dialog.findAll('li').map((one) => one.text())
    expect(attempts[0]).toMatch(/Attempt 1\s*Declined\s*€40.*txn-1.*insufficient_funds/s)
    expect(attempts[1]).toMatch(/Attempt 2\s*Taken\s*€40.*One call without an answer/s)

    await dialog.get('.end .btn').trigger('click')
    expect(page.get('.ask h2').text()).toBe('Refund €40 for Lamp?')
    expect(page.get('.ask').text()).toContain('order-00000001')
    await page.get(yes).trigger('click')
    expect([bodies, page.get('.ask .error').text()]).toEqual([[], 'Say why, for the record.'])
    await page.get('.ask input.form-control').setValue(' Broken ')
    await page.get('.ask input[type=checkbox]').setValue(false)
    await Promise.all([page.get(yes).trigger('click'), page.get(yes).trigger('click')])
    await flushPromises()
    expect(bodies).toEqual([{ reason: 'Broken', returnUnit: false }])
    expect(page.get('.ask').attributes('open')).toBeUndefined()
    expect(dialog.get('[role=status]').text()).toMatch(/Refund under way\s*Broken/)
    expect(document.activeElement).toBe(dialog.get('[role=status]').element)
    expect(page.get('td .state').text()).toBe('Refund under way')
    expect(dialog.find('.end').exists()).toBe(false)

    now = order('REFUNDED', 'card', { reason: 'Broken' })
    await vi.advanceTimersByTimeAsync(2100)
    expect(dialog.get('[role=status]').text()).toContain('Refunded')
  })

  it('that can no longer be refunded says why and stays as it is', async () => {
    const problem = { code: 'conflict', title: 'Conflict', status: 409, detail: 'The order is REFUNDED.' }
    const { page, dialog } = await details({
      ...list(order('COMPLETED', 'credit')),
      'GET /orders/order-00000001': () => ({ body: { ...order('COMPLETED', 'credit'), history: [] } }),
      'POST /admin/orders/order-00000001/refund': () => ({ status: 409, body: problem }),
    })
    expect(dialog.text()).not.toContain('Attempts to pay by card')
    await dialog.get('.end .btn').trigger('click')
    expect(page.get('.ask').text()).toContain("The money goes back to the buyer's credit.")
    await page.get('.ask input.form-control').setValue('Broken')
    await page.get(yes).trigger('click')
    await flushPromises()
    expect(page.get('.ask [role=alert]').text()).toContain('The order is REFUNDED.')
    expect(page.get('.ask').attributes('open')).toBeDefined()
  })
})

describe('the payments', () => {
  const gateway = (breaker: string, name = 'demo') => ({ body: { gateway: name, available: breaker === 'closed', breaker } })
  const doubt = (id: string) => ({
    ...{ id, type: 'x', because: `doubt ${id}`, orderId: 'order-00000001', attempt: 1, txnId: 't', state: 'captured' },
    ...{ amount: 999, currency: 'EUR', created: at, receivedAt: at },
  })
  const none = { 'GET /admin/payments/quarantine': () => ({ body: { items: [], next: null } }) }

  it('say how the gateway is, also when that changes, and since when it is not known', async () => {
    let now: { status?: number; body: unknown } = gateway('closed')
    shopAnswers({ ...none, 'GET /admin/payments/gateway': () => now })
    const page = await shown(PaymentsPage)
    const said = () => page.get('.gateway').text()
    expect(said()).toMatch(/^Answers\s*Demo: no money moves\s*Purchases by card are taken/)
    for (const [next, words] of [
      [gateway('open'), /^Does not answer/],
      [gateway('half-open'), /^Being tried again/],
      [{ status: 503, body: {} }, /Not known since/],
      [gateway('closed', 'none'), /^No cards are taken/],
    ] as const) {
      now = next
      await vi.advanceTimersByTimeAsync(3100)
      expect(said()).toMatch(words)
    }
    expect(page.text()).toContain('All that the gateway told matches')
  })

  it('list what does not match; it is dismissed once that was asked', async () => {
    const asked = shopAnswers({
      'GET /admin/payments/gateway': () => gateway('closed'),
      'GET /admin/payments/quarantine': () => ({ body: { items: [doubt('a'), doubt('b')], next: null } }),
      'POST /admin/payments/quarantine/a/dismiss': () => ({ body: { dismissed: true } }),
    })
    const page = await shown(PaymentsPage)
    const rows = () => page.findAll('tbody th').map((cell) => cell.text())
    expect(page.get('tbody tr').text()).toMatch(/doubt a.*00000001\s*Attempt 1.*Taken.*€9\.99/s)
    await page.get('td .btn').trigger('click')
    await flushPromises()
    expect(asked.some((path) => path.startsWith('POST'))).toBe(false)
    await page.get('dialog .btn-danger-quiet').trigger('click')
    await flushPromises()
    expect(asked).toContain('POST /admin/payments/quarantine/a/dismiss')
    expect(rows()).toEqual(['doubt b'])
    expect(document.activeElement?.textContent).toBe('What does not match')
  })
})
