import type { DatabaseSync } from 'node:sqlite'

export type PlantRow = Record<string, string | number | null>
type Value = string | number | null

/** A connection of a test's own, to look at what no port shows and to plant what none does. It answers at once, so that suites
 *  over every database plant alike. */
export type Plant = {
  ask(text: string, ...values: Value[]): PlantRow[]
  /** Answers how many rows it changed. */
  change(text: string, ...values: Value[]): number
  /** One transaction; taken back where `work` answers false. */
  together(work: () => boolean): boolean
}

export function sqlitePlant(db: DatabaseSync): Plant {
  return {
    ask: (text, ...values) =>
      db
        .prepare(text)
        .all(...values)
        .map((row) => ({ ...row }) as PlantRow),
    change: (text, ...values) => Number(db.prepare(text).run(...values).changes),
    together(work) {
      db.exec('BEGIN IMMEDIATE')
      const isDone = work()
      db.exec(isDone ? 'COMMIT' : 'ROLLBACK')
      return isDone
    },
  }
}

export function plantRow(plant: Plant, table: string, row: PlantRow): void {
  const names = Object.keys(row)
  const marks = names.map(() => '?')
  plant.change(`INSERT INTO ${table} (${names}) VALUES (${marks}) ON CONFLICT DO NOTHING`, ...Object.values(row))
}
