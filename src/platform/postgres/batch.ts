import type pg from 'pg'
import { assert } from '../../core/assert.ts'
import type { Value } from '../sql.ts'

/** A statement with its values, as it was asked, and who waits for it. */
export type Asked = {
  text: string
  values: Value[]
  answer: (answer: { rows: object[]; changed: number }) => void
  fail: (error: unknown) => void
}

type Types = { getTypeParser(oid: number): (text: string) => unknown }
type Field = { name: string; dataTypeID: number }
type Reader = { name: string; read: (text: string) => unknown }

/**
 * Statements in one round trip, in their order. One text after the other of the same words is parsed once and then only bound and
 * run, which is most of what a small statement costs on either side (a purchase: 1.6 ms of processor before, see
 * docs/performance.md). The unnamed statement serves, which the next parse replaces: nothing of it outlives the batch.
 * The first statement that fails fails those after it, which the server passes over.
 */
export class Batch implements pg.Submittable {
  /** Of the client, which ends with it the time that the answers may take. */
  callback: (error?: unknown) => void = () => {}
  /** Once nothing more of it comes. */
  readonly done: Promise<void>
  readonly #asked: readonly Asked[]
  readonly #types: Types
  readonly #end: () => void
  #next = 0
  #readers: Reader[] = []
  #rows: object[] = []
  #failed = false

  constructor(asked: readonly Asked[], types: Types) {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#asked = asked
    this.#types = types
    this.done = promise
    this.#end = resolve
  }

  submit(connection: pg.Connection): void {
    const { stream } = connection
    stream.cork()
    let parsed: string | undefined
    for (const { text, values } of this.#asked) {
      if (text !== parsed) {
        connection.parse({ name: '', text, types: [] }, true)
        connection.describe({ type: 'S', name: '' }, true)
        parsed = text
      }
      connection.bind({ values: values.map(textOf) }, true)
      connection.execute({}, true)
    }
    connection.sync()
    stream.uncork()
  }

  handleRowDescription({ fields }: { fields: Field[] }): void {
    this.#readers = fields.map(({ name, dataTypeID }) => ({ name, read: this.#types.getTypeParser(dataTypeID) }))
  }

  handleDataRow({ fields }: { fields: (string | null)[] }): void {
    if (this.#failed) return
    try {
      const row: Record<string, unknown> = {}
      for (const [i, { name, read }] of this.#readers.entries()) {
        const text = fields[i] as string | null
        row[name] = text === null ? null : read(text)
      }
      this.#rows.push(row)
    } catch (error) {
      this.#fail(error)
    }
  }

  handleCommandComplete({ text }: { text: string }): void {
    const one = this.#asked[this.#next++]
    assert(one, 'no more answers than statements')
    if (!this.#failed) one.answer({ rows: this.#rows, changed: Number(/\d+$/.exec(text)?.[0] ?? 0) })
    this.#rows = []
  }

  handleEmptyQuery(): void {
    this.handleCommandComplete({ text: '' })
  }

  /** Of the server, which passes over the rest, or of the connection. The client tells nothing more of it. */
  handleError(error: unknown): void {
    this.callback(error)
    this.#fail(error)
    this.#end()
  }

  #fail(error: unknown): void {
    this.#failed = true
    for (const one of this.#asked.slice(this.#next)) one.fail(error)
  }

  handleReadyForQuery(): void {
    this.callback()
    this.#end()
  }
}

function textOf(value: Value): string | Buffer | null {
  if (value === null || typeof value === 'string') return value
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : String(value)
}
