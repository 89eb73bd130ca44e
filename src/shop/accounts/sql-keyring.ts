import { DuplicateKey } from '../../platform/duplicate-key.ts'
import { type Database, queries } from '../../platform/sql.ts'
import type { AccountTables } from './tables.ts'

const query = queries<AccountTables>()
const NAME = 'signing'

/** Where several processes keep what they sign with. Whoever reads the table can sign as the shop. */
export class SqlKeyring {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  read(): Promise<string | undefined> {
    const one = query.selectFrom('keyring').select('content').where('name', '=', NAME)
    return this.#db.read(async (sql) => (await sql.rows(one.compile()))[0]?.content)
  }

  /** Compare-and-set: false where the text is no longer `before`. */
  async replace(before: string | undefined, text: string): Promise<boolean> {
    const insert = query.insertInto('keyring').values({ name: NAME, content: text })
    const update = query.updateTable('keyring').set({ content: text }).where('name', '=', NAME)
    try {
      const change = before === undefined ? insert : update.where('content', '=', before)
      return (await this.#db.write((sql) => sql.change(change.compile()))) === 1
    } catch (error) {
      if (error instanceof DuplicateKey) return false
      throw error
    }
  }
}
