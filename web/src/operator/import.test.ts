import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { addOperatorWords } from '../i18n.ts'
import { shopAnswers, shown } from '../shop.fixture.ts'
import ImportPage from './import-page.vue'
import { rowsOf, typeOf } from './import-text.ts'

enableAutoUnmount(afterEach)
afterEach(() => vi.unstubAllGlobals())
beforeAll(addOperatorWords)

const row = (line: number, change: 'create' | 'update') => ({
  line,
  name: `Cup ${line}`,
  price: { amount: 100, currency: 'EUR' },
  change,
})
const bad = (line: number) => ({ line, reason: 'name is missing' })

describe('what a file is', () => {
  it.each([
    ['a.json', 'name,price', 'application/json'],
    ['a.CSV', '[1]', 'text/csv'],
    ['', '  [{}]', 'application/json'],
    ['', '\uFEFF{"products": []}', 'application/json'],
    ['', 'name,price', 'text/csv'],
    ['export', '', 'text/csv'],
  ])('%j with %j is %s', (name, text, type) => expect(typeOf(name, text)).toBe(type))

  it('shows good and bad rows in the order of the file', () => {
    expect(
      rowsOf({ rows: [row(2, 'create'), row(4, 'update')], rejected: [bad(3)] }).map(({ line, change }) => [line, change]),
    ).toEqual([
      [2, 'create'],
      [3, 'reject'],
      [4, 'update'],
    ])
  })
})

describe('an import', () => {
  const opened = async (dry: object, status = 200) => {
    const asked = shopAnswers({
      'POST /admin/import': ({ url }) =>
        url.searchParams.get('dryRun') === 'true'
          ? { status, body: dry }
          : { body: { created: 1, updated: 0, rejected: [bad(2)] } },
    })
    const page = await shown(ImportPage)
    const look = async (text: string) => {
      await page.get('textarea').setValue(text)
      await page.get('form').trigger('submit')
      // A Blob is read in its own time.
      await vi.waitFor(() => expect(page.find('[type=submit]').text()).not.toContain('One moment'))
      await flushPromises()
    }
    return { page, asked, look }
  }

  it('is looked at first, and leaves bad rows out only when it is told to', async () => {
    const { page, asked, look } = await opened({ created: 1, updated: 0, rows: [row(1, 'create')], rejected: [bad(2)] })
    await look('[{}]')
    await vi.waitFor(() => expect(page.findAll('tbody tr').length).toBe(2))
    expect(asked).toEqual(['POST /admin/import?dryRun=true&skipBad=true'])
    expect(page.text()).toContain('name is missing')
    const go = page.get('.go button')
    expect(go.attributes('disabled')).toBeDefined()
    await page.get('.skip-bad input').setValue(true)
    await go.trigger('click')
    await vi.waitFor(() => expect(page.text()).toContain('1 created, 0 updated, 1 left out.'))
    expect(asked[1]).toBe('POST /admin/import?dryRun=false&skipBad=true')
  })

  it('that was looked at cannot be done once the text is another', async () => {
    const { page, look } = await opened({ created: 1, updated: 0, rows: [row(1, 'create')], rejected: [] })
    await look('[{}]')
    await vi.waitFor(() => expect(page.find('.go button').exists()).toBe(true))
    await page.get('textarea').setValue('[{}, {}]')
    expect(page.find('.go button').exists()).toBe(false)
  })

  it('of a file that nobody can read says where', async () => {
    const unreadable = {
      code: 'invalid',
      detail: 'Nothing',
      created: 0,
      updated: 0,
      rejected: [{ line: 1, reason: 'The file is empty' }],
    }
    const { page, look } = await opened(unreadable, 400)
    await look('[]')
    await vi.waitFor(() => expect(page.text()).toContain('The file is empty'))
    expect(page.find('.go button').exists()).toBe(false)
    expect(page.text()).toContain('There is nothing to import.')
  })

  it('of nothing is not sent', async () => {
    const { page, asked, look } = await opened({})
    await look('')
    expect(page.get('[role=alert]').text()).toBe('Choose a file or paste some rows.')
    expect(asked).toEqual([])
  })
})
