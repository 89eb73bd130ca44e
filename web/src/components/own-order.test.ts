import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { components } from '../api/schema.d.ts'
import { liveShop, shopAnswers, shown } from '../shop.fixture.ts'
import OwnOrder from './own-order.vue'

type WithHistory = components['schemas']['OrderWithHistory']
type Status = WithHistory['status']
const order = (status: Status, more: Partial<WithHistory> = {}) => {
  const steps: Status[] = status === 'RESERVATION_PENDING' ? [status] : ['RESERVATION_PENDING', status]
  const history = steps.map((step, i) => ({ status: step, at: `2026-01-01T12:00:0${i}Z` }))
  const price = { amount: 500, currency: 'EUR' }
  return {
    orderId: 'o',
    saleId: 's',
    productId: 'p',
    quantity: 2,
    price,
    status,
    history,
    createdAt: '2026-01-01T12:00:00Z',
    ...more,
  }
}
const product = { 'GET /products/p': () => ({ body: { name: 'Lamp', image: null } }) }

let live: ReturnType<typeof liveShop>
enableAutoUnmount(afterEach)
beforeEach(() => {
  live = liveShop()
})
afterEach(() => vi.unstubAllGlobals())

const show = () => shown(OwnOrder, { orderId: 'o' })

describe('an order', () => {
  it('says how it stands, what happened, what it cost, and what comes next', async () => {
    shopAnswers({ ...product, 'GET /orders/o': () => ({ body: order('FAILED', { reason: 'not-enough-credit' }) }) })
    const page = await show()
    expect(page.get('[role=status]').text()).toContain('Payment failed')
    expect(page.get('[role=status]').text()).toContain('Your credit is too low')
    expect(page.findAll('ol li').map((step) => step.get('.what').text())).toEqual(['Held for you', 'Payment failed'])
    expect(page.get('ol li[aria-current=step]').text()).toContain('Payment failed')
    expect(page.text()).toContain('€10')
    expect(page.get('.next a').attributes('href')).toBe('/account')
    expect(page.find('.cancel').exists()).toBe(false)
  })

  it('shows the code of a coupon when it comes', async () => {
    let now = order('RESERVATION_PENDING')
    shopAnswers({ ...product, 'GET /orders/o': () => ({ body: now }) })
    const page = await show()
    expect(page.find('code').exists()).toBe(false)
    now = order('COMPLETED', { couponCode: 'K7QM-2XWD' })
    await live.tell({ type: 'order', orderId: 'o', status: 'COMPLETED', version: 2 })
    expect(page.get('code').text()).toBe('K7QM-2XWD')
    expect(page.get('[role=status]').text()).toContain('Paid')
  })

  it('is cancelled once it was asked, and twice said yes', async () => {
    const asked = shopAnswers({
      ...product,
      'GET /orders/o': () => ({ body: order('RESERVATION_PENDING') }),
      'POST /orders/o/cancel': () => ({ body: order('CANCELLED') }),
    })
    const page = await show()
    await page.get('.cancel').trigger('click')
    expect(page.get('dialog').attributes('open')).toBeDefined()
    expect(page.get('dialog').text()).toContain('Lamp')
    expect(asked).not.toContain('POST /orders/o/cancel')
    const yes = page.get('dialog .btn-danger-quiet')
    await Promise.all([yes.trigger('click'), yes.trigger('click')])
    await flushPromises()
    expect(asked.filter((path) => path === 'POST /orders/o/cancel')).toHaveLength(1)
    expect(page.get('[role=status]').text()).toContain('Cancelled')
    expect(page.get('dialog').attributes('open')).toBeUndefined()
    expect(page.find('.cancel').exists()).toBe(false)
    expect(document.activeElement?.textContent).toContain('Cancelled')
    expect(document.activeElement?.localName).toBe('section')
  })

  it('shows what became of it where it was too late', async () => {
    let now = order('RESERVATION_PENDING')
    shopAnswers({
      ...product,
      'GET /orders/o': () => ({ body: now }),
      'POST /orders/o/cancel': () => {
        now = order('COMPLETED')
        return { status: 409, body: { code: 'conflict', title: 'Conflict', status: 409, detail: 'No.' } }
      },
    })
    const page = await show()
    await page.get('.cancel').trigger('click')
    await page.get('dialog .btn-danger-quiet').trigger('click')
    await flushPromises()
    expect(page.get('[role=status]').text()).toContain('Paid')
    expect(page.text()).toContain('could not be cancelled any more')
    expect(page.find('[role=alert]').exists()).toBe(false)
  })

  it('stays as it is where cancelling failed, and says so', async () => {
    const busy = { status: 503, body: { code: 'busy', title: 'Busy', status: 503, detail: 'Wait.' } }
    shopAnswers({
      ...product,
      'GET /orders/o': () => ({ body: order('RESERVATION_PENDING') }),
      'POST /orders/o/cancel': () => busy,
    })
    const page = await show()
    await page.get('.cancel').trigger('click')
    await page.get('dialog .btn-danger-quiet').trigger('click')
    await flushPromises()
    expect(page.get('[role=alert]').text()).toContain('The shop is very busy.')
    expect(page.get('dialog').attributes('open')).toBeUndefined()
    expect(page.find('.cancel').exists()).toBe(true)
  })

  it('does not go back: an answer that was overtaken is not shown', async () => {
    let resolve = (_: { body: unknown }) => {}
    const late = new Promise<{ body: unknown }>((take) => {
      resolve = take
    })
    let count = 0
    shopAnswers({ ...product, 'GET /orders/o': () => (count++ === 0 ? late : { body: order('COMPLETED') }) })
    const page = await show()
    await live.tell({ type: 'order', orderId: 'o', status: 'COMPLETED', version: 2 })
    resolve({ body: order('RESERVATION_PENDING') })
    await flushPromises()
    expect(page.get('[role=status]').text()).toContain('Paid')
  })

  it('of somebody else is not there', async () => {
    shopAnswers({ 'GET /orders/o': () => ({ status: 404, body: { code: 'not-found', title: '', status: 404, detail: '' } }) })
    const page = await show()
    expect(page.text()).toContain('You have no such order')
    expect(page.get('a').attributes('href')).toBe('/orders')
  })

  describe('by card', () => {
    const byCard = { payment: { method: 'card' as const } }
    const waits = { ...order('PAYMENT_PENDING', byCard), expiresAt: '2026-01-01T12:10:00Z' }
    const paying = (state: string, more: object = {}) => ({ body: { orderId: 'o', state, attempt: 1, ...more } })
    afterEach(() => vi.useRealTimers())

    it('leads to the page of the gateway while that is open, tells of a card that was declined, and leads to the next', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      let stands = paying('created')
      let now: object = waits
      shopAnswers({ ...product, 'GET /orders/o': () => ({ body: now }), 'GET /payments/o': () => stands })
      const page = await show()
      const words = () => page.get('[role=status]').text()
      expect(page.find('.next a').exists()).toBe(false)
      for (const [state, more, said, way] of [
        ['open', { redirectUrl: 'https://pay/1' }, 'so that you can pay by card', 'Go on to payment'],
        ['created', { attempt: 2 }, 'Your card was declined, nothing was charged.', undefined],
        ['open', { attempt: 2, redirectUrl: 'https://pay/2' }, 'Try another: your unit is held until', 'Try another card'],
        ['authorized', { attempt: 2 }, 'Your card said yes.', undefined],
      ] as const) {
        stands = paying(state, more)
        await vi.advanceTimersByTimeAsync(2100)
        expect(words()).toContain(said)
        expect(page.find('.next a').exists() ? page.get('.next a').text() : undefined).toBe(way)
        if (way) expect(page.get('.next a').attributes('href')).toBe('redirectUrl' in more ? more.redirectUrl : '')
      }
      now = order('COMPLETED', { ...byCard, couponCode: 'K7QM-2XWD' })
      await live.tell({ type: 'order', orderId: 'o', status: 'COMPLETED', version: 3 })
      expect(page.get('code').text()).toBe('K7QM-2XWD')
      now = order('REFUND_DUE', byCard)
      await live.tell({ type: 'order', orderId: 'o', status: 'REFUND_DUE', version: 4 })
      expect(words()).toContain('on its way back to your card')
    })

    it('is being cancelled until the gateway has called the payment off', async () => {
      let stands = paying('open', { redirectUrl: 'https://pay/1' })
      let now: object = waits
      shopAnswers({
        ...product,
        'GET /orders/o': () => ({ body: now }),
        'GET /payments/o': () => stands,
        'POST /orders/o/cancel': () => {
          stands = paying('voiding')
          return { status: 202, body: waits }
        },
      })
      const page = await show()
      await page.get('.cancel').trigger('click')
      expect(page.get('dialog').text()).toContain('The payment is called off first')
      await page.get('dialog .btn-danger-quiet').trigger('click')
      await flushPromises()
      expect(page.get('[role=status]').text()).toContain('Being cancelled')
      expect(page.find('.cancel').exists()).toBe(false)
      expect(page.find('.next a').exists()).toBe(false)
      expect(document.activeElement?.localName).toBe('section')
      now = order('CANCELLED', byCard)
      await live.tell({ type: 'order', orderId: 'o', status: 'CANCELLED', version: 3 })
      expect(page.get('[role=status]').text()).toContain('Cancelled')
    })

    it('that was not paid in time says that nothing was charged', async () => {
      shopAnswers({ ...product, 'GET /orders/o': () => ({ body: order('EXPIRED', byCard) }) })
      expect((await show()).get('[role=status]').text()).toContain('The time to pay ran out. Nothing was charged.')
    })
  })
})
