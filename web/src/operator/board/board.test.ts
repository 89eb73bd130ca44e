import { enableAutoUnmount, flushPromises } from '@vue/test-utils'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope } from 'vue'
import { addOperatorWords } from '../../i18n.ts'
import { shopAnswers, shown } from '../../shop.fixture.ts'
import BoardLag from './board-lag.vue'
import EquationLine from './equation-line.vue'
import type { Figures } from './figures.ts'
import SaleActions from './sale-actions.vue'
import { useFigures } from './use-figures.ts'

enableAutoUnmount(afterEach)
beforeAll(addOperatorWords)
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const figures = (remaining: number, held = 0): Figures => ({
  items: [{ productId: 'a', allotment: 10, remaining, held, sold: 4 }],
  outcomes: { accepted: 4 },
  perSecond: 4,
  latency: { p50: 1, p99: 2 },
  returned: 0,
  lag: { outbox: 1, payments: 2 },
  audit: { ok: true, at: '2026-01-01T12:00:00.000Z' },
})
const gone = { status: 404, body: { code: 'not-found', title: 'There is no such thing', status: 404, detail: '' } }
const LIVE = 'GET /admin/sales/s/live'

describe('the figures of a sale', () => {
  const watched = async (answer: () => { status?: number; body: unknown }, isOver = () => false) => {
    const asked = shopAnswers({ [LIVE]: () => answer() })
    const scope = effectScope()
    const seen = scope.run(() => useFigures('s', isOver))
    if (!seen) throw new Error('a scope that runs')
    await flushPromises()
    const seconds = async (count: number) => {
      for (let n = 0; n < count; n++) {
        await vi.advanceTimersByTimeAsync(1000)
        await flushPromises()
      }
    }
    return { asked, seen, scope, seconds }
  }

  it('are asked for once a second, and kept for the plots, until nobody looks', async () => {
    const { asked, seen, scope, seconds } = await watched(() => ({ body: figures(6) }))
    await seconds(3)
    expect([asked.length, seen.samples.value.length]).toEqual([4, 4])
    // One is under way when the page is left.
    vi.advanceTimersByTime(1000)
    scope.stop()
    await seconds(3)
    expect([asked.length, seen.samples.value.length]).toEqual([5, 4])
  })

  it('are asked for rarely once the sale is over, nothing is held and the rest is back in stock', async () => {
    let [remaining, held] = [6, 1]
    const { asked, seconds } = await watched(
      () => ({ body: figures(remaining, held) }),
      () => true,
    )
    await seconds(2)
    held = 0
    await seconds(2)
    expect(asked.length).toBe(5)
    remaining = 0
    await seconds(16)
    expect(asked.length).toBe(7)
  })

  it('stay when the shop is not reached, and go on when it is again', async () => {
    let isThere = true
    const { seen, seconds } = await watched(() => {
      if (!isThere) throw new TypeError('unreachable')
      return { body: figures(6) }
    })
    isThere = false
    await seconds(2)
    expect([seen.problem.value?.code, seen.figures.value?.perSecond, seen.samples.value.length]).toEqual(['unreachable', 4, 1])
    isThere = true
    await seconds(1)
    expect([seen.problem.value, seen.samples.value.length]).toEqual([undefined, 2])
  })

  it('of a sale that was removed are not asked for again', async () => {
    const { asked, seen, seconds } = await watched(() => gone)
    await seconds(3)
    expect([asked.length, seen.problem.value?.code]).toEqual([1, 'not-found'])
  })

  it('know since when they do not add up, and forget it when they do', async () => {
    let remaining = 5
    const { seen, seconds } = await watched(() => ({ body: figures(remaining) }))
    const since = seen.wrongSince.value ?? 0
    await seconds(2)
    expect(seen.seenAt.value - since).toBeGreaterThanOrEqual(2000)
    expect(seen.wrongSince.value).toBe(since)
    remaining = 6
    await seconds(1)
    expect(seen.wrongSince.value).toBeUndefined()
  })
})

describe('what an operator reads', () => {
  const totals = { allotment: 10, remaining: 6, held: 0, sold: 4, returned: 0 }
  const words = (text: string) => text.replace(/\s+/g, ' ')

  it('is the equation with its figures; units back in stock only where there are some', async () => {
    const line = await shown(EquationLine, { totals, wrongSince: undefined, now: 0 })
    expect([line.get('[role=status]').text(), words(line.get('.terms').text())]).toEqual([
      'Adds up',
      '10 in all = 6 left + 0 held + 4 sold',
    ])
    await line.setProps({ totals: { ...totals, remaining: 0, returned: 6 } })
    expect(words(line.text())).toContain('+ 6 back in stock')
  })

  it('is both sides where they differ', async () => {
    const line = await shown(EquationLine, { totals: { ...totals, sold: 5 }, wrongSince: 1000, now: 4000 })
    expect([line.get('[role=status]').text(), words(line.get('.terms').text())]).toEqual([
      'Does not add up',
      '10 in all ≠ 6 left + 0 held + 5 sold = 11',
    ])
    expect(line.classes()).toContain('fails')
  })

  it('is what waits, and instead of it why nothing is known', async () => {
    const box = await shown(BoardLag, { figures: figures(6), lost: undefined, seenAt: 0 })
    expect(words(box.text())).toContain('Waiting: 1 events to tell, 2 payments')
    await box.setProps({ lost: { ...gone.body, code: 'unreachable' } })
    expect(box.text()).toContain('No answer since')
    await box.setProps({ lost: gone.body })
    expect(box.text()).toContain('Removed')
  })
})

describe('what an operator does', () => {
  const sale = { id: 's', name: 'Cups' }
  const actions = (status: string) => shown(SaleActions, { sale, status })

  it.each([
    ['SCHEDULED', ['Start now', 'Pause', 'End', 'Edit']],
    ['ACTIVE', ['Pause', 'End', 'Edit']],
    ['PAUSED', ['Resume', 'End', 'Edit']],
    ['ENDED', []],
  ])('%s: %j', async (status, words) => {
    const part = await actions(status)
    expect(part.findAll('.acts > .btn').map((one) => one.text())).toEqual(words)
  })

  it('is asked for with the name of the sale before anything is sent', async () => {
    const changed = { ...sale, status: 'ENDED' }
    const asked = shopAnswers({ 'POST /admin/sales/s/end': () => ({ body: changed }) })
    const part = await actions('ACTIVE')
    await part.findAll('.acts > .btn')[1]?.trigger('click')
    await flushPromises()
    expect([part.get('dialog h2').text(), asked]).toEqual(['End “Cups”?', []])
    await part.findAll('dialog button')[1]?.trigger('click')
    await flushPromises()
    expect([asked, part.emitted('changed')]).toEqual([['POST /admin/sales/s/end'], [[changed]]])
  })
})
