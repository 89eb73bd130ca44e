import { readdirSync, readFileSync } from 'node:fs'

/** Linux counts processor time in hundredths of a second. */
const TICK_MS = 10

/** Processor time of a process and of those it started, the ended ones too, milliseconds. What else the machine does makes it hardly larger,
 *  so it tells what a thing costs where a clock tells how busy the machine is. */
export function cpuMs(pid: number): number {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const children = all.filter((name) => statOf(name)?.[1] === String(pid))
  return [String(pid), ...children].reduce((sum, name) => {
    const stat = statOf(name)
    return sum + (stat ? TICK_MS * stat.slice(11, 15).reduce((ticks, field) => ticks + Number(field), 0) : 0)
  }, 0)
}

/** From the third field on; undefined where the process has ended meanwhile. */
function statOf(pid: string): string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
  } catch {
    return undefined
  }
}
