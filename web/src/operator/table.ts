export type Column<Row> = {
  key: string
  label: string
  /** What is shown where no slot shows more, and what is searched. */
  text: (row: Row) => string
  /** What it is sorted by; a column without it cannot be. */
  sort?: (row: Row) => string | number
  isNumber?: boolean
  /** Never broken into lines. */
  isUnbroken?: boolean
  /** What is in it says by itself what it is; the label is for those who listen. */
  isBare?: boolean
}
export type Order = { key: string; direction: 'ascending' | 'descending' }

/** Sorted as people of this language expect it, numbers within words by their size; equal rows stay as they came. */
export function sorted<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  order: Order | undefined,
  locale: string,
): readonly Row[] {
  const by = columns.find(({ key }) => key === order?.key)?.sort
  if (!by) return rows
  const { compare } = new Intl.Collator(locale, { numeric: true })
  const sign = order?.direction === 'descending' ? -1 : 1
  return [...rows].sort((a, b) => {
    const [one, other] = [by(a), by(b)]
    if (typeof one === 'number' && typeof other === 'number') return sign * (one - other)
    return sign * compare(String(one), String(other))
  })
}

/** Rows in which each of the words stands somewhere. */
export function matching<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  words: string,
  locale: string,
): readonly Row[] {
  const wanted = words.toLocaleLowerCase(locale).split(/\s+/).filter(Boolean)
  if (wanted.length === 0) return rows
  return rows.filter((row) => {
    const text = columns
      .map((column) => column.text(row))
      .join('\n')
      .toLocaleLowerCase(locale)
    return wanted.every((word) => text.includes(word))
  })
}

/** The next click on a header: up, down, and as it came. */
export function nextOrder(order: Order | undefined, key: string): Order | undefined {
  if (order?.key !== key) return { key, direction: 'ascending' }
  return order.direction === 'ascending' ? { key, direction: 'descending' } : undefined
}
