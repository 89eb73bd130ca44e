import { spawnSync } from 'node:child_process'
import { closeSync, openSync, readFileSync, statSync, truncateSync, writeSync } from 'node:fs'
import type { Dice } from '../../sim/dice.ts'

/**
 * What of the database was on the disk when the power went. The shop runs under strace, which writes down every write to the
 * database and its log with file, place and length, and every sync. A range that was written and not synced after it had not
 * reached the disk for certain, and `losePower` destroys it. Not modelled: names of files that were not synced, and the other
 * files of DATA_DIR. A write that was lost leaves zeros here, not what stood there before.
 */
type Range = { from: number; to: number }
type Traced = Map<string, { unsynced: Range[] }>

/** Of the system; not of any package. */
const strace = 'strace'
const CALLS = 'pwrite64,ftruncate,fsync,fdatasync'

/** Traces as a grandchild, so that the shop is the child that it is without. */
export function tracer(file: string): string[] {
  return [strace, '-D', '-f', '--seccomp-bpf', '-y', '-s', '0', '-e', `trace=${CALLS}`, '-o', file]
}

/** Why power loss cannot be rehearsed here, or undefined. */
export function noTracer(): string | undefined {
  const { status } = spawnSync(strace, ['-D', '-f', '--seccomp-bpf', '-o', '/dev/null', 'true'])
  return status === 0 ? undefined : 'it needs strace 5.3 or newer, and the right to trace'
}

const CALL = /^(\d+) +(\w+)\(\d+<([^>]*)>(?:, (.*?))?(\)\s+= (-?\d+|\?).*| <unfinished \.\.\.>)$/
const RESUMED = /^(\d+) +<\.\.\. (\w+) resumed>.*= (-?\d+)/

/** Throws where the trace is not whole: then nothing can be said. */
export function readTrace(text: string, database: string): Traced {
  const files: Traced = new Map([database, `${database}-wal`].map((path) => [path, { unsynced: [] }]))
  /** By thread: the sync that is under way, and the ranges that it is for. */
  const under = new Map<string, { path: string; ranges: Range[] }>()
  const synced = (path: string, ranges: Range[]) => {
    const file = files.get(path)
    if (file) file.unsynced = file.unsynced.filter((range) => !ranges.includes(range))
  }
  let lines = 0
  for (const line of text.split('\n')) {
    const resumed = RESUMED.exec(line)
    if (resumed) {
      const [, thread = '', , result] = resumed
      const sync = under.get(thread)
      under.delete(thread)
      if (sync && result === '0') synced(sync.path, sync.ranges)
      continue
    }
    const [, thread = '', call, path = '', rest = '', , result] = CALL.exec(line) ?? []
    const file = files.get(path)
    if (!file) {
      if (line.includes(`<${database}>`) || line.includes(`<${database}-wal>`)) throw new Error(`not understood: ${line}`)
      continue
    }
    lines++
    if (call === 'pwrite64') {
      const [length, from] = rest.split(', ').slice(-2).map(Number) as [number, number]
      if (!Number.isSafeInteger(length) || !Number.isSafeInteger(from)) throw new Error(`not understood: ${line}`)
      file.unsynced.push({ from, to: from + length })
    } else if (call === 'ftruncate') {
      file.unsynced = file.unsynced.filter((range) => range.from < Number(rest))
    } else if (result === undefined) {
      under.set(thread, { path, ranges: [...file.unsynced] })
    } else if (result === '0') {
      synced(path, [...file.unsynced])
    }
  }
  if (lines === 0 || !text.includes('+++ killed by SIGKILL +++')) throw new Error('the trace does not reach to the kill')
  return files
}

/** Destroys what was not synced: all of it, or some ranges of it, as the seed draws; a disk keeps no order. */
export function losePower(trace: string, database: string, dice: Dice): { ranges: number; bytes: number } {
  const all = dice.chance(0.5)
  const lost = { ranges: 0, bytes: 0 }
  for (const [path, { unsynced }] of readTrace(readFileSync(trace, 'utf8'), database)) {
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
    const gone = unsynced.filter(() => all || dice.chance(0.5)).filter(({ from }) => from < size)
    for (const { from, to } of gone) {
      erase(path, from, Math.min(to, size))
      lost.ranges++
      lost.bytes += Math.min(to, size) - from
    }
    // What follows the last byte that was synced is not even length.
    if (all && gone.length > 0) cutZeros(path, size, gone)
  }
  return lost
}

function erase(path: string, from: number, to: number): void {
  const file = openSync(path, 'r+')
  writeSync(file, Buffer.alloc(to - from), 0, to - from, from)
  closeSync(file)
}

function cutZeros(path: string, size: number, gone: Range[]): void {
  let end = size
  for (const { from, to } of gone.toSorted((a, b) => b.to - a.to)) if (to >= end) end = Math.min(end, from)
  if (end < size) truncateSync(path, end)
}
