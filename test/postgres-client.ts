import { MessageChannel, type MessagePort, parentPort, receiveMessageOnPort, Worker, workerData } from 'node:worker_threads'
import pg from 'pg'
import { numbered } from '../src/platform/postgres/dialect.ts'
import type { Plant, PlantRow } from './plant.ts'

/** A connection of the test's own. Counts are numbers. */
export function clientOf(url: string): pg.Client {
  const readers: Record<number, (text: string) => number> = { 20: Number, 1700: Number }
  const getTypeParser = (oid: number, format?: 'text' | 'binary') => readers[oid] ?? pg.types.getTypeParser(oid, format as 'text')
  return new pg.Client({ connectionString: url, types: { getTypeParser } })
}

type Value = string | number | null
type Asked = { text: string; values: Value[]; answerTo: MessagePort; flag: SharedArrayBuffer }
type Answer = { rows: PlantRow[]; count: number } | { error: string }

/** A connection that answers at once, as SQLite's do: it lives in a thread, for which this one stands still. */
export function postgresPlant(url: string): Plant & AsyncDisposable {
  const worker = new Worker(new URL(import.meta.url), { workerData: { plantAt: url } })
  worker.unref()
  const asked = (text: string, values: Value[]) => {
    const { port1, port2 } = new MessageChannel()
    const flag = new SharedArrayBuffer(4)
    worker.postMessage({ text: numbered(text), values, answerTo: port2, flag } satisfies Asked, [port2])
    if (Atomics.wait(new Int32Array(flag), 0, 0, 30_000) === 'timed-out') throw new Error(`no answer: ${text}`)
    const answer = receiveMessageOnPort(port1)?.message as Answer
    port1.close()
    if ('error' in answer) throw new Error(`${answer.error}: ${text}`)
    return answer
  }
  return {
    ask: (text, ...values) => asked(text, values).rows,
    change: (text, ...values) => asked(text, values).count,
    together(work) {
      asked('BEGIN', [])
      const isDone = work()
      asked(isDone ? 'COMMIT' : 'ROLLBACK', [])
      return isDone
    },
    async [Symbol.asyncDispose]() {
      await worker.terminate()
    },
  }
}

if (workerData?.plantAt) {
  const client = clientOf(workerData.plantAt)
  const connected = client.connect()
  parentPort?.on('message', async ({ text, values, answerTo, flag }: Asked) => {
    try {
      await connected
      const { rows, rowCount } = await client.query(text, values)
      answerTo.postMessage({ rows, count: rowCount ?? 0 } satisfies Answer)
    } catch (error) {
      answerTo.postMessage({ error: (error as Error).message } satisfies Answer)
    }
    Atomics.store(new Int32Array(flag), 0, 1)
    Atomics.notify(new Int32Array(flag), 0)
  })
}
