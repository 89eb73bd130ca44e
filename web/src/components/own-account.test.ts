import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { shopAnswers, shown } from '../shop.fixture.ts'
import CreditJournal from './credit-journal.vue'
import OwnName from './own-name.vue'
import SignOutChoice from './sign-out-choice.vue'

enableAutoUnmount(afterEach)
afterEach(() => vi.unstubAllGlobals())

const eur = (amount: number) => ({ amount, currency: 'EUR' })
const at = '2026-01-01T12:00:00Z'

describe('the journal of the credit', () => {
  it('says what came and went, for what, and what is left', async () => {
    const items = [
      { id: '3', kind: 'payment', amount: eur(-1950), orderId: 'o', at },
      { id: '2', kind: 'grant', amount: eur(2500), reason: 'Sorry (for the wait)', at },
      { id: '1', kind: 'from-the-future', amount: eur(-100), at },
    ]
    shopAnswers({ 'GET /users/me/credit': () => ({ body: { balance: eur(12345), journal: { items, next: null } } }) })
    const journal = await shown(CreditJournal)
    expect(journal.get('.balance').text()).toBe('€123.45')
    const rows = journal.findAll('.entry')
    expect(rows.map((row) => row.get('.amount').text())).toEqual(['-€19.50', '+€25', '-€1'])
    expect(rows.map((row) => row.get('.amount').classes('good'))).toEqual([false, true, false])
    expect(rows[0]?.get('a').attributes('href')).toBe('/orders/o')
    expect(rows[1]?.get('.what').text()).toMatch(/^Given by the shop\s*Sorry \(for the wait\)$/)
    expect(rows[2]?.get('.what').text()).toBe('Movement')
  })

  it('goes on page by page', async () => {
    const entry = (id: string) => ({ id, kind: 'payment', amount: eur(-100), at })
    const asked = shopAnswers({
      'GET /users/me/credit': ({ url }) => {
        const isMore = url.searchParams.has('after')
        return { body: { balance: eur(1), journal: { items: [entry(isMore ? '1' : '2')], next: isMore ? null : '2' } } }
      },
    })
    const journal = await shown(CreditJournal)
    await journal.get('.more button').trigger('click')
    await flushPromises()
    expect(journal.findAll('.entry')).toHaveLength(2)
    expect(asked.at(-1)).toContain('after=2')
  })
})

describe('the own name', () => {
  const profile = { id: 'u', email: 'a@b.example', name: 'Anna', roles: ['buyer'] }

  it('is saved once however often one asks, without the space around it', async () => {
    const bodies: unknown[] = []
    shopAnswers({
      'PATCH /users/me': ({ body }) => {
        bodies.push(body)
        return { body: { ...profile, name: 'Anne' } }
      },
    })
    const form = await shown(OwnName, { profile })
    await form.get('input').setValue(' Anne ')
    await Promise.all([form.trigger('submit'), form.trigger('submit')])
    await flushPromises()
    expect(bodies).toEqual([{ name: 'Anne' }])
    expect(form.get('[role=status]').text()).toBe('Saved')
    expect(form.get('input').element.value).toBe('Anne')
  })

  it.each([
    ['nothing', '  ', {}],
    [
      'what the shop refuses',
      'A\tB',
      {
        'PATCH /users/me': () => ({
          status: 400,
          body: { code: 'invalid', detail: '', errors: [{ path: '/name', message: 'must match' }] },
        }),
      },
    ],
  ])('is not saved where it is %s: the field says so, keeps it, and is focused', async (_, value, answers) => {
    shopAnswers(answers)
    const form = await shown(OwnName, { profile })
    const input = form.get('input')
    await input.setValue(value)
    await form.trigger('submit')
    await flushPromises()
    expect(input.attributes('aria-invalid')).toBe('true')
    expect(document.getElementById(input.attributes('aria-describedby') ?? '')?.textContent).toContain('1 to 200')
    expect(document.activeElement).toBe(input.element)
    expect(input.element.value).toBe(value)
  })

  it('is kept in its field where the shop cannot be reached', async () => {
    shopAnswers({})
    const form = await shown(OwnName, { profile })
    await form.get('input').setValue('Anne')
    await form.trigger('submit')
    await flushPromises()
    expect(form.get('[role=alert]').text()).toContain('cannot be reached')
    expect(form.get('input').element.value).toBe('Anne')
  })
})

describe('signing out everywhere', () => {
  it('is asked for first, and says where it could not be done', async () => {
    const asked = shopAnswers({
      'POST /users/me/sign-out-everywhere': () => ({
        status: 503,
        body: { code: 'busy', title: 'Busy', status: 503, detail: 'Wait.' },
      }),
    })
    const choice = await shown(SignOutChoice)
    await choice.get('.choice > .btn-danger-quiet').trigger('click')
    expect(choice.get('dialog').attributes('open')).toBeDefined()
    expect(asked).toEqual([])
    const yes = choice.get('dialog .btn-danger-quiet')
    await Promise.all([yes.trigger('click'), yes.trigger('click')])
    await flushPromises()
    expect(asked).toHaveLength(1)
    expect(choice.get('[role=alert]').text()).toContain('The shop is very busy.')
    expect(choice.get('dialog').attributes('open')).toBeUndefined()
  })
})
