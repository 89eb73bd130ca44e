import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { addOperatorWords, i18n, setLanguage } from '../i18n.ts'
import { router } from '../router.ts'
import { shopAnswers, shown } from '../shop.fixture.ts'
import ConfirmDialog from './confirm-dialog.vue'
import CreditForm from './credit-form.vue'
import SaleFormPage from './sale-form-page.vue'

enableAutoUnmount(afterEach)
afterEach(() => vi.unstubAllGlobals())
beforeAll(addOperatorWords)
beforeEach(() => setLanguage('en'))

const eur = (amount: number) => ({ amount, currency: 'EUR' })
const credit = { 'GET /users/me/credit': () => ({ body: { balance: eur(0), journal: { items: [], next: null } } }) }
const problem = (status: number, code: string, more: object = {}) => ({
  status,
  body: { type: '', title: 'No', status, code, detail: 'Because.', traceId: 'abc', ...more },
})

describe('giving credit', () => {
  const form = () => shown(CreditForm, { userId: 'u' })
  type Shown = Awaited<ReturnType<typeof form>>
  const fill = async (part: Shown, amount: string, reason = 'Sorry') => {
    await part.get('.amount input').setValue(amount)
    await part.get('.reason input').setValue(reason)
    await part.get('form').trigger('submit')
    await flushPromises()
  }

  it('sends minor units once, however often one presses', async () => {
    const bodies: unknown[] = []
    let answer = (): void => undefined
    const wait = new Promise<void>((resolve) => {
      answer = resolve
    })
    shopAnswers({
      ...credit,
      'POST /admin/users/u/credit': async ({ body }) => {
        bodies.push(body)
        await wait
        return { body: { balance: eur(3199) } }
      },
    })
    const part = await form()
    await fill(part, '19.99', '  Sorry ')
    await part.get('form').trigger('submit')
    answer()
    await flushPromises()
    expect(bodies).toEqual([{ amount: eur(1999), reason: 'Sorry' }])
    expect(part.get('[role=status]').text()).toContain('€31.99')
    expect((part.get('.amount input').element as HTMLInputElement).value).toBe('')
  })

  it('is typed with a comma in German', async () => {
    await setLanguage('de')
    const bodies: unknown[] = []
    shopAnswers({
      ...credit,
      'POST /admin/users/u/credit': ({ body }) => {
        bodies.push(body)
        return { body: { balance: eur(1) } }
      },
    })
    await fill(await form(), '19,99')
    expect(bodies).toMatchObject([{ amount: eur(1999) }])
    expect(i18n.global.locale.value).toBe('de')
  })

  it('that is not an amount is not sent; the field says so, has the focus, and forgets it once it is written in', async () => {
    const asked = shopAnswers(credit)
    const part = await form()
    await fill(part, '19.999', '')
    const input = part.get('.amount input')
    expect(input.attributes('aria-invalid')).toBe('true')
    const [error = ''] = input.attributes('aria-describedby')?.split(' ') ?? []
    expect(part.get(`#${error}`).text()).toBe('Write an amount as in 19.99.')
    expect(document.activeElement).toBe(input.element)
    expect(part.get('.reason input').attributes('aria-invalid')).toBe('true')
    await input.setValue('19.99')
    expect(input.attributes('aria-invalid')).toBe('false')
    expect(asked.filter((one) => one.startsWith('POST'))).toEqual([])
  })

  it("shows the server's refusal beside its field, or above where it has none, and keeps what was typed", async () => {
    const errors = [
      { path: '/amount/currency', message: 'Credit is kept in EUR.' },
      { path: '/else', message: 'is odd' },
    ]
    shopAnswers({ ...credit, 'POST /admin/users/u/credit': () => problem(400, 'invalid', { errors }) })
    const part = await form()
    await fill(part, '5')
    expect(part.get('.amount').text()).toContain('Credit is kept in EUR.')
    expect(part.get('[role=alert]').text()).toContain('Because.')
    expect(part.get('[role=alert]').text()).toContain('/else is odd')
    expect(part.get('[role=alert]').text()).not.toContain('kept in EUR')
    expect((part.get('.amount input').element as HTMLInputElement).value).toBe('5')
  })
})

describe('a question', () => {
  const asked = async (act: () => Promise<{ error?: unknown }>) => {
    const part = await shown(ConfirmDialog, { title: 'End “Cups”?', action: 'End', act })
    part.vm.open()
    await flushPromises()
    const press = async (at: number) => {
      await part.findAll('dialog button')[at]?.trigger('click')
      await flushPromises()
    }
    const isOpen = () => (part.get('dialog').element as HTMLDialogElement).open
    return { part, press, isOpen }
  }

  it('names the thing, and does nothing when one turns away', async () => {
    const act = vi.fn(async () => ({}))
    const { part, press, isOpen } = await asked(act)
    expect([part.get('h2').text(), isOpen()]).toEqual(['End “Cups”?', true])
    await press(0)
    expect([act.mock.calls.length, isOpen()]).toEqual([0, false])
  })

  it('does it once, and closes when it is done', async () => {
    const act = vi.fn(async () => ({}))
    const { part, isOpen } = await asked(act)
    const yes = part.findAll('dialog button')[1]
    await Promise.all([yes?.trigger('click'), yes?.trigger('click')])
    await flushPromises()
    expect([act.mock.calls.length, isOpen(), part.emitted('done')?.length]).toEqual([1, false, 1])
  })

  it('stays with the reason when it could not be done', async () => {
    const { part, press, isOpen } = await asked(async () => ({ error: problem(409, 'conflict').body }))
    await press(1)
    expect([isOpen(), part.emitted('done')]).toEqual([true, undefined])
    expect(part.get('[role=alert]').text()).toMatch(/^That cannot be done as things are\s*Because\.$/)
  })

  it('does not take silence for a yes', async () => {
    const { part, press, isOpen } = await asked(() => Promise.reject(new TypeError('unreachable')))
    await press(1)
    expect(isOpen()).toBe(true)
    expect(part.get('[role=alert]').text()).toContain('cannot be reached')
  })
})

describe('the form of a sale', () => {
  const sale = (more: object = {}) => ({
    id: 's',
    name: 'Cups',
    startTime: '2026-01-01T12:00:00.000Z',
    endTime: '2099-01-01T12:00:00.000Z',
    status: 'ACTIVE',
    phase: 'Active',
    maxPurchasesPerUser: 1,
    admission: 'open',
    items: ['a', 'b'].map((productId) => ({
      productId,
      name: `Cup ${productId}`,
      image: null,
      price: eur(900),
      salePrice: eur(500),
      quantity: 10,
    })),
    serverTime: '2026-01-01T12:00:00.000Z',
    ...more,
  })
  const product = (id: string) => ({ body: { id, name: `Cup ${id}`, image: null, price: eur(900), stock: 100, category: null } })
  const answers = {
    'GET /sales/s': () => ({ body: sale() }),
    'GET /products/a': () => product('a'),
    'GET /products/b': () => product('b'),
    'GET /admin/products': () => ({ body: { items: [product('a').body, product('b').body], next: null } }),
  }

  it('shows the wrong fields, the first of them focused, and sends nothing', async () => {
    const asked = shopAnswers(answers)
    const page = await shown(SaleFormPage)
    await page.get('form').trigger('submit')
    await flushPromises()
    expect(page.findAll('[aria-invalid=true]').length).toBe(2)
    expect(document.activeElement).toBe(page.get('[aria-invalid=true]').element)
    expect(page.text()).toContain('Choose at least one product.')
    expect(asked.some((one) => one.startsWith('POST'))).toBe(false)
  })

  it('takes a product by the keyboard, shows the saving and what a buyer would see', async () => {
    shopAnswers(answers)
    const page = await shown(SaleFormPage)
    const search = page.get('[role=combobox]')
    await search.trigger('focus')
    await search.setValue('cup b')
    expect(page.findAll('[role=option]').map((one) => one.text())).toEqual(['Cup b€9'])
    await search.trigger('keydown', { key: 'Enter' })
    await flushPromises()
    await page.get('.item input').setValue('4.50')
    expect(page.get('.item').text()).toContain('-50%')
    expect(page.get('aside').text()).toContain('€4.50')
    await search.trigger('focus')
    expect(page.findAll('[role=option]').map((one) => one.text())).toEqual(['Cup a€9'])
  })

  it('puts what the server says of a changed item beside that item, though only it was sent', async () => {
    const bodies: unknown[] = []
    const errors = [{ path: '/items/0/quantity', message: 'is too many' }]
    shopAnswers({
      ...answers,
      'PATCH /admin/sales/s': ({ body }) => {
        bodies.push(body)
        return problem(400, 'invalid', { errors })
      },
    })
    const page = await shown(SaleFormPage, { id: 's' })
    const second = page.findAll('.item')[1]
    await second?.get('input').setValue('12')
    await page.get('form').trigger('submit')
    await flushPromises()
    expect(bodies).toEqual([{ items: [{ productId: 'b', quantity: 12 }] }])
    expect(second?.text()).toContain('is too many')
    expect(page.findAll('.item')[0]?.text()).not.toContain('is too many')
  })

  it('puts too little stock beside the product, and goes to the sale once it is saved', async () => {
    const push = vi.spyOn(router, 'push').mockResolvedValue(undefined)
    let stock = 3
    shopAnswers({
      ...answers,
      'PATCH /admin/sales/s': () => (stock < 50 ? problem(409, 'not-enough-stock', { productId: 'a', stock }) : { body: sale() }),
    })
    const page = await shown(SaleFormPage, { id: 's' })
    await page.get('.item input').setValue('60')
    await page.get('form').trigger('submit')
    await flushPromises()
    expect(page.get('.item').text()).toContain('Only 13 are there.')
    stock = 50
    await page.get('form').trigger('submit')
    await flushPromises()
    expect(push).toHaveBeenCalledWith('/operator/sales/s')
  })

  it('says that nothing was changed instead of asking the server for nothing', async () => {
    const asked = shopAnswers(answers)
    const page = await shown(SaleFormPage, { id: 's' })
    await page.get('form').trigger('submit')
    await flushPromises()
    expect(page.get('.end [role=status]').text()).toBe('Nothing was changed.')
    expect(asked.some((one) => one.startsWith('PATCH'))).toBe(false)
  })

  it('is not left by a slip once something was typed', async () => {
    const ask = vi.fn(() => false)
    vi.stubGlobal('confirm', ask)
    shopAnswers(answers)
    const page = await shown(SaleFormPage, { id: 's' })
    const before = router.currentRoute.value.fullPath
    await page.get('.part input').setValue('Plates')
    await router.push('/account')
    expect([ask.mock.calls.length, router.currentRoute.value.fullPath]).toEqual([1, before])
  })
})
