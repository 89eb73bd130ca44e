import { describe, expect, it } from 'vitest'
import { freshProduct, productBody, productDraftOf, productWrongs } from './product-draft.ts'

const t = (key: string) => key.replace('operator.wrong.', '')
const cup = {
  id: 'c',
  handle: 'cup',
  name: 'Cup',
  description: '<p>Thick.</p>',
  price: { amount: 1900, currency: 'EUR' },
  category: 'Kitchen',
  kind: 'product' as const,
  image: '/images/demo/cup.svg',
  stock: 5,
  attributes: {},
  createdAt: '',
  updatedAt: '',
}

describe('a product', () => {
  it('that is new is sent whole, empty fields as none', () => {
    const draft = { ...freshProduct('EUR'), name: ' Cup ', price: '19,00', stock: '5' }
    expect(productWrongs(draft, 'de', t)).toEqual({})
    expect(productBody(draft, 'de')).toEqual({
      name: 'Cup',
      description: '',
      price: { amount: 1900, currency: 'EUR' },
      category: null,
      kind: 'product',
      image: null,
      stock: 5,
    })
  })
  it('that is empty says what is missing', () => {
    expect(productWrongs(freshProduct('EUR'), 'en', t)).toEqual({ '/name': 'name', '/price': 'money', '/stock': 'count' })
    expect(productWrongs({ ...freshProduct('EUR'), name: 'x', price: '1', isCounted: false }, 'en', t)).toEqual({})
  })
  it('that is changed sends only what was: its stock may have been sold from meanwhile', () => {
    const before = productDraftOf(cup, 'en')
    expect(productBody({ ...before }, 'en', before)).toEqual({})
    expect(productBody({ ...before, price: '18.50' }, 'en', before)).toEqual({ price: { amount: 1850, currency: 'EUR' } })
    expect(productBody({ ...before, isCounted: false }, 'en', before)).toEqual({ stock: null })
    expect(productBody({ ...before, image: ' ' }, 'en', before)).toEqual({ image: null })
  })
  it('in yen has no digits behind the mark', () => {
    const draft = { ...productDraftOf(cup, 'en'), currency: 'JPY', price: '500' }
    expect(productBody(draft, 'en', productDraftOf(cup, 'en'))).toEqual({ price: { amount: 500, currency: 'JPY' } })
  })
})
