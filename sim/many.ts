import { createHash } from 'node:crypto'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { runSeed } from './run.ts'
import type { Result } from './stage.ts'

/** Seeds that a worker takes at once. */
const CHUNK = 25

export type Counts = Result['counts']
export type Failure = { seed: number; law: string; what: string }
export type Many = { seeds: number; failures: Failure[]; digest: string; counts: Counts }

/** `firstOnly`: end with the first that fails. `ignored`: a law that may be broken. */
export type Manner = { firstOnly?: boolean; ignored?: string | undefined; progress?: (done: number, failed: number) => void }
type Order = { from: number; seeds: number; next: SharedArrayBuffer; firstOnly: boolean; ignored: string | undefined }
type Report = { digests: [number, string][]; failures: Failure[]; counts: Counts }

/** Runs seeds `from` … `from + seeds - 1`, on so many threads. */
export async function runMany(
  from: number,
  seeds: number,
  threads: number,
  { firstOnly = false, ignored, progress = () => {} }: Manner = {},
): Promise<Many> {
  const order: Order = { from, seeds, next: new SharedArrayBuffer(8), firstOnly, ignored }
  const digests = new Map<number, string>()
  const failures: Failure[] = []
  const counts: Counts = { steps: 0, asks: 0, orders: 0, epochs: 0 }
  const hear = (report: Report): void => {
    for (const [seed, digest] of report.digests) digests.set(seed, digest)
    failures.push(...report.failures)
    for (const name of Object.keys(counts) as (keyof Counts)[]) counts[name] += report.counts[name]
    progress(digests.size, failures.length)
  }
  if (threads <= 1) await work(order, hear)
  else await Promise.all(Array.from({ length: threads }, () => inThread(order, hear)))
  const all = createHash('sha256')
  for (const [, digest] of [...digests].sort(([a], [b]) => a - b)) all.update(digest)
  failures.sort((a, b) => a.seed - b.seed)
  return { seeds: digests.size, failures, digest: all.digest('hex').slice(0, 32), counts }
}

function inThread(order: Order, hear: (report: Report) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: order })
    worker.on('message', hear)
    worker.on('error', reject)
    worker.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a worker ended with ${code}`))))
  })
}

async function work({ from, seeds, next, firstOnly, ignored }: Order, hear: (report: Report) => void): Promise<void> {
  const counter = new Int32Array(next)
  for (;;) {
    const begin = Atomics.add(counter, 0, CHUNK)
    if (begin >= seeds) return
    const report: Report = { digests: [], failures: [], counts: { steps: 0, asks: 0, orders: 0, epochs: 0 } }
    for (let i = begin; i < Math.min(seeds, begin + CHUNK); i++) {
      const { seed, broken, digest, counts } = await runSeed(from + i, { ignored })
      report.digests.push([seed, digest])
      for (const name of Object.keys(counts) as (keyof Counts)[]) report.counts[name] += counts[name]
      if (broken) report.failures.push({ seed, law: broken.law, what: broken.message })
      if (broken && firstOnly) {
        Atomics.store(counter, 0, seeds)
        break
      }
    }
    hear(report)
  }
}

if (!isMainThread && parentPort) {
  const port = parentPort
  await work(workerData as Order, (report) => port.postMessage(report))
}
