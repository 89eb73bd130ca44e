import { describe, expect, it, vi } from 'vitest'
import { localText, utcText, zoneName } from './local-time.ts'

// The zone of the machine is read once a process; that of the tests is set before anything reads it.
vi.stubEnv('TZ', 'Europe/Berlin')

describe('a time as it is typed', () => {
  it.each(['2026-01-15T18:00:00.000Z', '2026-07-15T18:00:00.000Z'])('%s comes back', (time) =>
    expect(utcText(localText(time))).toBe(time),
  )

  it('is in the own zone, with the clock of its day', () => {
    expect(localText('2026-01-15T18:00:00Z')).toBe('2026-01-15T19:00')
    expect(localText('2026-07-15T18:00:00Z')).toBe('2026-07-15T20:00')
    expect(zoneName(Date.parse('2026-07-15T18:00:00Z'), 'en')).toBe('Europe/Berlin (GMT+2)')
  })

  it.each(['', '2026-13-01T10:00', '2026-02-30T10:00', 'tomorrow', '2026-03-29T02:30'])('%j is none', (text) =>
    expect(utcText(text)).toBeUndefined(),
  )
})
