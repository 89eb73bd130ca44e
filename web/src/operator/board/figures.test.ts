import { describe, expect, it } from 'vitest'
import { askedOf, isEven, plotData, type Sample, sampleOf, totalsOf, verdictOf } from './figures.ts'

const item = (productId: string, allotment: number, remaining: number, held: number, sold: number) => ({
  productId,
  allotment,
  remaining,
  held,
  sold,
})
const even = { allotment: 10, remaining: 4, held: 3, sold: 2, returned: 1 }

describe('the four numbers', () => {
  it('are those of all products together', () => {
    const items = [item('a', 10, 5, 2, 3), item('b', 20, 0, 0, 15)]
    expect(totalsOf({ items, returned: 5 })).toEqual({ allotment: 30, remaining: 5, held: 2, sold: 18, returned: 5 })
  })
  it('count who was refused, by reason, and nobody twice for one key', () => {
    const { asked, refused, reasons } = askedOf({ accepted: 3, replayed: 50, 'sold-out': 7, busy: 9, paused: 7 })
    expect([asked, refused]).toEqual([26, 23])
    expect(reasons.map(({ reason }) => reason)).toEqual(['busy', 'paused', 'sold-out'])
    expect(askedOf({})).toEqual({ asked: 0, refused: 0, reasons: [] })
  })
})

describe('the line of the equation', () => {
  it('holds where both sides are even', () => {
    expect([isEven(even), verdictOf(even, undefined, 0)]).toEqual([true, 'holds'])
  })
  it('fails once a difference has outlived two seconds, and not before', () => {
    const odd = { ...even, sold: 3 }
    expect(verdictOf(odd, 10_000, 11_999)).toBe('checking')
    expect(verdictOf(odd, 10_000, 12_000)).toBe('fails')
    expect(verdictOf(odd, undefined, 12_000)).toBe('checking')
  })
})

describe('a plot', () => {
  const sample = (at: number, perSecond: number | null = at): Sample => ({ at, perSecond, p50: null, p99: null })
  const pace = [({ perSecond }: Sample) => perSecond]

  it('begins where it is told to', () => {
    expect(plotData([sample(1), sample(2), sample(3)], pace, 2)).toEqual([
      [2, 3],
      [2, 3],
    ])
  })
  it('has a hole where nobody looked', () => {
    expect(plotData([sample(1), sample(2), sample(10)], pace, 0)).toEqual([
      [1, 2, 6, 10],
      [1, 2, null, 10],
    ])
  })
  it('draws no line from before its beginning', () => {
    expect(plotData([sample(1), sample(10), sample(11)], pace, 9)).toEqual([
      [10, 11],
      [10, 11],
    ])
  })
  it('says nothing of the time of answers that nobody was given', () => {
    const figures = {
      items: [],
      outcomes: {},
      perSecond: 0,
      latency: null,
      returned: 0,
      lag: { outbox: 0, payments: 0 },
      audit: null,
    }
    expect(sampleOf(figures, 5)).toEqual({ at: 5, perSecond: 0, p50: null, p99: null })
    expect(sampleOf({ ...figures, latency: { p50: 1, p99: 2 } }, 5)).toEqual({ at: 5, perSecond: 0, p50: 1, p99: 2 })
  })
  it('is empty while nothing is known', () => expect(plotData([], pace, 0)).toEqual([[], []]))
})
