import { describe, expect, it } from 'vitest'
import { draftOf, freshDraft, itemOf, newSale, type SaleDraft, saleChange, stockWrong, wrongs } from './sale-draft.ts'

const now = Date.parse('2026-05-01T10:20:00Z')
const t = (key: string, values?: Record<string, unknown>) =>
  `${key.replace('operator.wrong.', '')}${values ? ` ${Object.values(values)}` : ''}`
const product = (id: string, stock: number | null, currency = 'EUR') => ({
  id,
  handle: null,
  name: `Product ${id}`,
  description: '',
  price: { amount: 5000, currency },
  category: null,
  kind: 'product' as const,
  image: null,
  stock,
  attributes: {},
  createdAt: '',
  updatedAt: '',
})
const sale = {
  id: 's',
  name: 'Cups',
  startTime: '2026-05-01T12:00:30.000Z',
  endTime: '2026-05-01T13:00:00.000Z',
  status: 'ACTIVE' as const,
  phase: 'Active' as const,
  maxPurchasesPerUser: 2,
  admission: 'open' as const,
  items: [
    {
      productId: 'a',
      name: 'A',
      image: null,
      price: { amount: 5000, currency: 'EUR' },
      salePrice: { amount: 1999, currency: 'EUR' },
      quantity: 10,
    },
    {
      productId: 'b',
      name: 'B',
      image: null,
      price: { amount: 900, currency: 'EUR' },
      salePrice: { amount: 500, currency: 'EUR' },
      quantity: 20,
    },
  ],
  serverTime: '',
}
const filled = (): SaleDraft => ({
  ...freshDraft(now),
  name: ' Cups ',
  items: [
    { ...itemOf(product('a', 10)), salePrice: '19,99', quantity: '10' },
    { ...itemOf(product('b', null)), salePrice: '0', quantity: '1000' },
  ],
})

describe('a new sale', () => {
  it('begins at a full hour that is to come, and lasts one', () => {
    for (const at of [now, now + 39 * 60_000 + 30_000, now + 40 * 60_000]) {
      const { start, end } = freshDraft(at)
      expect(start).toMatch(/:00$/)
      expect(Date.parse(start) - at).toBeGreaterThanOrEqual(60_000)
      expect(Date.parse(end) - Date.parse(start)).toBe(3_600_000)
    }
  })
  it('is sent in minor units and UTC', () => {
    const draft = filled()
    expect(wrongs(draft, now, 'de', t)).toEqual({})
    expect(newSale(draft, 'de')).toEqual({
      name: 'Cups',
      startTime: '2026-05-01T11:00:00.000Z',
      endTime: '2026-05-01T12:00:00.000Z',
      maxPurchasesPerUser: 1,
      items: [
        { productId: 'a', salePrice: { amount: 1999, currency: 'EUR' }, quantity: 10 },
        { productId: 'b', salePrice: { amount: 0, currency: 'EUR' }, quantity: 1000 },
      ],
    })
  })
  it('that is empty says all that is missing', () => {
    expect(wrongs({ name: ' ', banner: '', start: '', end: '', limit: '0', items: [] }, now, 'en', t)).toEqual({
      '/name': 'name',
      '/startTime': 'time',
      '/endTime': 'time',
      '/maxPurchasesPerUser': 'units',
      '/items': 'items',
    })
  })
  it.each<[string, (draft: SaleDraft) => void, Record<string, string>]>([
    [
      'ends before it starts',
      (draft) => {
        draft.end = draft.start
      },
      { '/endTime': 'endFirst' },
    ],
    [
      'is over already',
      (draft) => {
        draft.start = '2026-04-01T10:00'
        draft.end = '2026-04-01T11:00'
      },
      { '/endTime': 'endPast' },
    ],
    [
      'takes more than there is',
      (draft) => {
        Object.assign(draft.items[0] ?? {}, { quantity: '11' })
      },
      { '/items/0/quantity': 'stock 10' },
    ],
    [
      'has a price that is none',
      (draft) => {
        Object.assign(draft.items[1] ?? {}, { salePrice: '19.999' })
      },
      { '/items/1/salePrice': 'money 19,99' },
    ],
    [
      'has half a unit',
      (draft) => {
        Object.assign(draft.items[1] ?? {}, { quantity: '1.5' })
      },
      { '/items/1/quantity': 'units' },
    ],
    [
      'has two currencies',
      (draft) => {
        Object.assign(draft.items[1] ?? {}, { price: { amount: 5, currency: 'JPY' } })
      },
      { '/items/1/salePrice': 'currency EUR' },
    ],
    [
      'has a banner from nowhere',
      (draft) => {
        draft.banner = 'javascript:alert(1)'
      },
      { '/banner': 'picture' },
    ],
  ])('that %s says so beside the field', (_what, spoil, found) => {
    const draft = filled()
    spoil(draft)
    expect(wrongs(draft, now, 'de', t)).toEqual(found)
  })
})

describe('a sale that is changed', () => {
  it('sends nothing when nothing was touched, not even the seconds that the form does not show', () => {
    expect(saleChange(draftOf(sale, 'en'), draftOf(sale, 'en'))).toBeUndefined()
  })
  it('sends what was touched and only that', () => {
    const draft = draftOf(sale, 'en')
    Object.assign(draft.items[1] ?? {}, { quantity: '25' })
    draft.limit = '3'
    expect(saleChange(draft, draftOf(sale, 'en'))).toEqual({ maxPurchasesPerUser: 3, items: [{ productId: 'b', quantity: 25 }] })
  })
  it('may take from stock besides what it has', () => {
    const draft = draftOf(sale, 'en')
    Object.assign(draft.items[0] ?? {}, { stock: 5, quantity: '15' })
    expect(wrongs(draft, now, 'en', t)).toEqual({})
    Object.assign(draft.items[0] ?? {}, { quantity: '16' })
    expect(wrongs(draft, now, 'en', t)).toEqual({ '/items/0/quantity': 'stock 15' })
  })
})

describe('too little stock, as the server says it', () => {
  const items = draftOf(sale, 'en').items
  it('stands beside the product that it names', () => {
    expect(stockWrong({ code: 'not-enough-stock', productId: 'b', stock: 3 }, items, t)).toEqual({
      '/items/1/quantity': 'stock 23',
    })
  })
  it('is not made of another refusal', () => {
    expect(stockWrong({ code: 'conflict' }, items, t)).toEqual({})
    expect(stockWrong({ code: 'not-enough-stock', productId: 'z', stock: 3 }, items, t)).toEqual({})
  })
})
