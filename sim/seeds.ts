import { readFileSync } from 'node:fs'

/** `seeds.txt`: every seed that ever failed, and what it found. */
export function failedOnce(): number[] {
  const lines = readFileSync(new URL('./seeds.txt', import.meta.url), 'utf8').split('\n')
  return lines.flatMap((line) => (/^\d+/.test(line) ? [Number.parseInt(line, 10)] : []))
}
