import { describe, expect, it } from 'vitest'
import { type Column, matching, nextOrder, sorted } from './table.ts'

type Row = { name: string; units: number }
const columns: Column<Row>[] = [
  { key: 'name', label: 'Name', text: ({ name }) => name, sort: ({ name }) => name },
  { key: 'units', label: 'Units', text: ({ units }) => `${units} units`, sort: ({ units }) => units },
  { key: 'act', label: '', text: () => '' },
]
const rows: Row[] = [
  { name: 'Cup 10', units: 9 },
  { name: 'cup 9', units: 100 },
  { name: 'Äpfel', units: 9 },
]
const names = (found: readonly Row[]) => found.map(({ name }) => name)

describe('sorting', () => {
  it('orders words as people do, and numbers by their size', () => {
    expect(names(sorted(rows, columns, { key: 'name', direction: 'ascending' }, 'de'))).toEqual(['Äpfel', 'cup 9', 'Cup 10'])
    expect(names(sorted(rows, columns, { key: 'units', direction: 'descending' }, 'de'))).toEqual(['cup 9', 'Cup 10', 'Äpfel'])
  })
  it('leaves the list that it was given, and the order of a column that has none', () => {
    expect(sorted(rows, columns, { key: 'act', direction: 'ascending' }, 'en')).toBe(rows)
    expect(sorted(rows, columns, undefined, 'en')).toBe(rows)
    sorted(rows, columns, { key: 'units', direction: 'ascending' }, 'en')
    expect(names(rows)).toEqual(['Cup 10', 'cup 9', 'Äpfel'])
  })
  it('goes up, down, and back', () => {
    const up = nextOrder(undefined, 'name')
    const down = nextOrder(up, 'name')
    expect([up?.direction, down?.direction, nextOrder(down, 'name')]).toEqual(['ascending', 'descending', undefined])
    expect(nextOrder(down, 'units')).toEqual({ key: 'units', direction: 'ascending' })
  })
})

describe('searching', () => {
  it.each([
    ['CUP', ['Cup 10', 'cup 9']],
    ['cup 100', ['cup 9']],
    ['äPF', ['Äpfel']],
    ['  ', ['Cup 10', 'cup 9', 'Äpfel']],
    ['plate', []],
  ])('%j finds %j', (words, found) => expect(names(matching(rows, columns, words, 'de'))).toEqual(found))
})
