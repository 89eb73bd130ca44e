import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { effectScope } from 'vue'
import { addOperatorWords } from '../i18n.ts'
import { shown } from '../shop.fixture.ts'
import { usePages } from '../use-page.ts'
import DataTable from './data-table.vue'
import type { Column } from './table.ts'

type Row = { id: string; units: number }
const columns: Column<Row>[] = [
  { key: 'id', label: 'Name', text: ({ id }) => id, sort: ({ id }) => id },
  { key: 'units', label: 'Units', text: ({ units }) => `${units}`, sort: ({ units }) => units, isNumber: true },
]
const first = [
  { id: 'b', units: 10 },
  { id: 'a', units: 9 },
]
type Answer = { data?: { items: Row[]; next: string | null }; error?: unknown }

enableAutoUnmount(afterEach)
beforeAll(addOperatorWords)

async function table(load: (after: string | undefined) => Promise<Answer>) {
  const pages = effectScope().run(() => usePages<Row>(load))
  const part = await shown(DataTable, { caption: 'Rows', columns, pages, rowKey: ({ id }: Row) => id, canSearch: true })
  const names = () => part.findAll('tbody th').map((cell) => cell.text())
  const header = (at: number) => part.findAll('thead th')[at]
  return { part, names, header }
}

describe('a table', () => {
  it('is sorted by its headers, which say how, and comes back to how it came', async () => {
    const { names, header } = await table(async () => ({ data: { items: first, next: null } }))
    const press = async () => header(1)?.get('button').trigger('click')
    expect([names(), header(1)?.attributes('aria-sort')]).toEqual([['b', 'a'], 'none'])
    await press()
    expect([names(), header(1)?.attributes('aria-sort')]).toEqual([['a', 'b'], 'ascending'])
    await press()
    expect([names(), header(1)?.attributes('aria-sort'), header(0)?.attributes('aria-sort')]).toEqual([
      ['b', 'a'],
      'descending',
      'none',
    ])
    await press()
    expect(header(1)?.attributes('aria-sort')).toBe('none')
  })

  it('finds in what is loaded, and says that there is more', async () => {
    const { part, names } = await table(async () => ({ data: { items: first, next: 'x' } }))
    await part.get('input[type=search]').setValue('A')
    expect(names()).toEqual(['a'])
    expect(part.get('[role=status]').text()).toBe('1 of 2 rows. There are more: only these are sorted and filtered.')
    await part.get('input[type=search]').setValue('zz')
    expect(part.text()).toContain('No row has “zz” in it.')
  })

  it('goes on page by page; with the last one the focus does not get lost', async () => {
    const { part, names } = await table(async (after) => ({
      data: after ? { items: [{ id: 'c', units: 1 }], next: null } : { items: first, next: 'b' },
    }))
    const more = part.get('.foot button')
    await more.trigger('click')
    await flushPromises()
    expect(names()).toEqual(['b', 'a', 'c'])
    expect(part.find('.foot button').exists()).toBe(false)
    expect(document.activeElement).toBe(part.get('[role=status]').element)
  })

  it('that cannot be loaded says why and tries again', async () => {
    let tries = 0
    const { part, names } = await table(async () =>
      ++tries === 1 ? { error: new TypeError() } : { data: { items: first, next: null } },
    )
    expect(part.get('[role=alert]').text()).toContain('cannot be reached')
    await part.get('[role=alert] button').trigger('click')
    await flushPromises()
    expect(names()).toEqual(['b', 'a'])
  })

  it('shows bones until it knows, never an empty list', async () => {
    const { part } = await table(() => new Promise(() => {}))
    expect(part.findAll('.bone').length).toBeGreaterThan(0)
    expect(part.get('[role=status]').text()).toBe('')
  })
})
