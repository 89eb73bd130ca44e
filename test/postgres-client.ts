import { MessageChannel, parentPort, receiveMessageOnPort, Worker, workerData } from 'node:worker_threads'
import pg from 'pg'

/** A connection of the test's own. Counts are numbers. */
export function clientOf(url: string): pg.Client {
  const readers: Record<number, (text: string) => number> = { 20: Number, 1700: Number }
  const getTypeParser = (oid: number, format?: 'text' | 'binary') => readers[oid] ?? pg.types.getTypeParser(oid, format as 'text')
  return new pg.Client({ connectionString: url, types: { getTypeParser } })
}

type Row = Record<string, string | number | null>
type Value = string | number | null
type Asked = { text: string; values: Value[]; answerTo: import('node:worker_threads').MessagePort; flag: SharedArrayBuffer }

/** A connection that answers at once, as SQLite's do: for suites that plant and look without waiting. Its text has `$1`. */
export type PlainClient = { ask(text: string, ...values: Value[]): Row[]; end(): Promise<unknown> }

export function plainClient(url: string): PlainClient {
  const worker = new Worker(new URL(import.meta.url), { workerData: { plainClient: url } })
  worker.unref()
  return {
    ask(text, ...values) {
      const { port1, port2 } = new MessageChannel()
      const flag = new SharedArrayBuffer(4)
      worker.postMessage({ text, values, answerTo: port2, flag } satisfies Asked, [port2])
      if (Atomics.wait(new Int32Array(flag), 0, 0, 30_000) === 'timed-out') throw new Error(`no answer: ${text}`)
      const answer = receiveMessageOnPort(port1)?.message as { rows?: Row[]; error?: string }
      port1.close()
      if (answer.error !== undefined) throw new Error(`${answer.error}: ${text}`)
      return answer.rows ?? []
    },
    end: () => worker.terminate(),
  }
}

if (workerData?.plainClient) {
  const client = clientOf(workerData.plainClient)
  const connected = client.connect()
  parentPort?.on('message', async ({ text, values, answerTo, flag }: Asked) => {
    try {
      await connected
      const { rows } = await client.query(text, values.length > 0 ? values : undefined)
      answerTo.postMessage({ rows })
    } catch (error) {
      answerTo.postMessage({ error: (error as Error).message })
    }
    Atomics.store(new Int32Array(flag), 0, 1)
    Atomics.notify(new Int32Array(flag), 0)
  })
}
