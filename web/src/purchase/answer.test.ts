import { describe, expect, it } from 'vitest'
import { refusalOf } from './answer.ts'

const answer = (status: number, code: string, retryAfter?: string) =>
  refusalOf(new Response(null, { status, headers: retryAfter ? { 'retry-after': retryAfter } : {} }), {
    code,
    title: '',
    status,
    detail: 'why',
  })

describe('an answer to a purchase', () => {
  it('is unknown when none came, when it was lost on the way, and when the server failed without a word for it', () => {
    expect(refusalOf(undefined, undefined).kind).toBe('unknown')
    expect(refusalOf(new Response(null, { status: 502 }), undefined).kind).toBe('unknown')
    expect(answer(503, 'unknown-outcome').kind).toBe('unknown')
    expect(answer(500, 'internal').kind).toBe('unknown')
  })

  it('is busy where nothing happened and waiting helps, for as long as the server says', () => {
    expect(answer(503, 'busy', '2')).toEqual({ kind: 'busy', waitMs: 2000 })
    expect(answer(429, 'slow-down', '0')).toEqual({ kind: 'busy', waitMs: 1000 })
    expect(answer(503, 'busy', '9999')).toEqual({ kind: 'busy', waitMs: 30_000 })
    expect(answer(503, 'busy', 'Wed, 21 Oct 2026')).toEqual({ kind: 'busy', waitMs: 2000 })
  })

  it('is a no with its word, else', () => {
    expect(answer(409, 'sold-out')).toEqual({ kind: 'refused', code: 'sold-out', detail: 'why' })
    expect(answer(503, 'payment-unavailable', '5')).toEqual({ kind: 'refused', code: 'payment-unavailable', detail: 'why' })
    expect(answer(401, 'unauthenticated')).toEqual({ kind: 'signed-out' })
  })
})
