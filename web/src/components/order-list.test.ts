import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Order } from '../order-words.ts'
import { liveShop, shopAnswers, shown } from '../shop.fixture.ts'
import OrderList from './order-list.vue'

const PENDING = 'RESERVATION_PENDING'
const order = (orderId: string, status: Order['status'] = 'COMPLETED'): Order => ({
  orderId,
  status,
  saleId: 's',
  productId: `of-${orderId}`,
  quantity: 1,
  price: { amount: 500, currency: 'EUR' },
  payment: { method: 'credit' },
  createdAt: '2026-01-01T12:00:00Z',
  updatedAt: '2026-01-01T12:00:00Z',
})
const one = (found: Order) => ({ [`GET /orders/${found.orderId}`]: () => ({ body: { ...found, history: [] } }) })
const page = (items: Order[], next: string | null = null) => ({ body: { items, next } })
const frame = (orderId: string, status: string) => ({ type: 'order', orderId, status, version: 1 }) as const

let live: ReturnType<typeof liveShop>
enableAutoUnmount(afterEach)
beforeEach(() => {
  live = liveShop()
})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

const rows = (list: Awaited<ReturnType<typeof shown>>) =>
  list.findAll('article').map((row) => `${row.get('a').attributes('href')} ${row.get('.state').text()}`)

describe('the own orders', () => {
  it('show what changes, and what is new before all others', async () => {
    shopAnswers({ 'GET /orders': () => page([order('b', PENDING), order('a')]), ...one(order('b')), ...one(order('c', PENDING)) })
    const list = await shown(OrderList)
    expect(rows(list)).toEqual(['/orders/b Held, being paid', '/orders/a Paid'])
    await live.tell(frame('b', 'COMPLETED'))
    await live.tell(frame('c', PENDING))
    expect(rows(list)).toEqual(['/orders/c Held, being paid', '/orders/b Paid', '/orders/a Paid'])
  })

  it('ask for nothing that they show already, nor for what is on a page that was not asked for', async () => {
    const asked = shopAnswers({ 'GET /orders': () => page([order('c'), order('b')], 'b') })
    await shown(OrderList)
    const before = asked.length
    await live.tell(frame('c', 'COMPLETED'))
    await live.tell(frame('a', 'COMPLETED'))
    expect(asked.slice(before)).toEqual([])
  })

  it('take up what was told while they were on their way', async () => {
    let go = () => {}
    const turn = new Promise<void>((resolve) => {
      go = resolve
    })
    shopAnswers({ 'GET /orders': () => turn.then(() => page([order('a', PENDING)])), ...one(order('a')) })
    const list = await shown(OrderList)
    await live.tell(frame('a', 'COMPLETED'))
    go()
    await flushPromises()
    await flushPromises()
    expect(rows(list)).toEqual(['/orders/a Paid'])
  })

  it('ask by themselves for what waits while nobody tells', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    vi.stubGlobal('WebSocket', class {})
    const states: Order['status'][] = [PENDING, 'COMPLETED']
    const asked = shopAnswers({
      'GET /orders': () => page([order('b', PENDING), order('a')]),
      'GET /orders/b': () => ({ body: order('b', states.shift()) }),
    })
    const list = await shown(OrderList)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(rows(list)[0]).toBe('/orders/b Paid')
    await vi.advanceTimersByTimeAsync(20_000)
    expect(asked.filter((path) => path === 'GET /orders/b')).toHaveLength(2)
  })

  it('go on at the first that is new', async () => {
    shopAnswers({ 'GET /orders': ({ url }) => (url.searchParams.get('after') ? page([order('a')]) : page([order('b')], 'b')) })
    const list = await shown(OrderList)
    await list.get('.more button').trigger('click')
    await flushPromises()
    expect(rows(list)).toEqual(['/orders/b Paid', '/orders/a Paid'])
    expect(document.activeElement?.getAttribute('href')).toBe('/orders/a')
    expect(list.find('.more button').exists()).toBe(false)
  })

  it('keep what came when more cannot be had, and can be asked again', async () => {
    let fails = true
    const after = () =>
      fails ? { status: 503, body: { code: 'busy', title: 'Busy', status: 503, detail: 'Wait.' } } : page([order('a')])
    shopAnswers({ 'GET /orders': ({ url }) => (url.searchParams.get('after') ? after() : page([order('b')], 'b')) })
    const list = await shown(OrderList)
    await list.get('.more button').trigger('click')
    await flushPromises()
    expect(rows(list)).toEqual(['/orders/b Paid'])
    expect(list.get('[role=alert]').text()).toContain('The shop is very busy.')
    fails = false
    await list.get('[role=alert] button').trigger('click')
    await flushPromises()
    expect(rows(list)).toHaveLength(2)
  })

  it('name a product that is no longer in the shop as its sale does', async () => {
    const items = [{ productId: 'of-z', name: 'Lantern', image: null }]
    shopAnswers({
      'GET /orders': () => page([order('z')]),
      'GET /products/of-z': () => ({ status: 404, body: { code: 'not-found', detail: '' } }),
      'GET /sales/s': () => ({ body: { items } }),
    })
    const list = await shown(OrderList)
    expect(list.get('h2').text()).toBe('Lantern')
  })

  it('lead to the sales where there are none', async () => {
    shopAnswers({ 'GET /orders': () => page([]) })
    const list = await shown(OrderList)
    expect(list.get('a').attributes('href')).toBe('/')
  })
})
