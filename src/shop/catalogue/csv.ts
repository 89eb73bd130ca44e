import { pipeline } from 'node:stream/promises'
import { CsvError, parse } from 'csv-parse'
import type { Clock } from '../../platform/clock.ts'

/** `line` is where the record begins in the file, the first line being 1; a quoted cell may hold several lines. */
export type CsvRecord = { line: number; cells: string[] }

const MAX_RECORD = 256 * 1024
const MAX_RECORDS = 50_000
/** Between two turns of the event loop. A record of a wrong length costs the parser some 30 µs, and 8 KiB hold 4,000. */
const SLICE = 8 * 1024

class TooManyRecords extends Error {}

/**
 * RFC 4180 with any line ends; records without content are left out. The parser counts CRLF inside quotes as two lines, so
 * line ends are made one character first. What is read is held in memory: the caller bounds the text.
 */
export async function readCsv(text: string, clock: Clock): Promise<CsvRecord[] | { line: number; reason: string }> {
  const bytes = Buffer.from(text.replace(/\r\n?/g, '\n'))
  async function* slices() {
    for (let at = 0; at < bytes.length; at += SLICE) {
      yield bytes.subarray(at, at + SLICE)
      await new Promise<void>((turned) => clock.soon(turned))
    }
  }
  const records: CsvRecord[] = []
  let next = 1
  let seen = 0
  const parser = parse({
    relax_column_count: true,
    skip_empty_lines: true,
    record_delimiter: '\n',
    max_record_size: MAX_RECORD,
    on_record(record: string[], { lines }) {
      if (++seen > MAX_RECORDS) throw new TooManyRecords(`The file has more than ${MAX_RECORDS} rows: split it`)
      const line = lines - record.reduce((sum, cell) => sum + cell.split('\n').length - 1, 0)
      const cells = record.map((cell) => cell.trim())
      if (cells.some((cell) => cell !== '')) records.push({ line, cells })
      next = lines + 1
      return null
    },
  })
  try {
    await pipeline(slices, parser.resume())
    return records
  } catch (error) {
    if (error instanceof CsvError || error instanceof TooManyRecords) return { line: next, reason: error.message.slice(0, 200) }
    throw error
  }
}
