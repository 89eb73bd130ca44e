import { assert } from '../../core/assert.ts'
import type { Id } from '../../core/ids.ts'
import { type Database, queries, type Sql } from '../../platform/sql.ts'
import type { Catalogue, Changes, Imported, ImportedProduct, NewProduct, Product, ProductKind } from './catalogue.ts'
import type { CatalogueTables } from './tables.ts'

const db = queries<CatalogueTables>()
const live = db.selectFrom('products').where('is_deleted', '=', 0)

export class SqlCatalogue implements Catalogue {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  create(id: Id, product: NewProduct, now: number): Promise<Product> {
    return this.#database.write(async (sql) => {
      await insert(sql, id, product, now)
      const created = await find(sql, id)
      assert(created, 'a product that was just written is there')
      return created
    })
  }

  edit(id: Id, changes: Changes, now: number): Promise<Product | undefined> {
    return this.#database.write(async (sql) => {
      const edited = db.updateTable('products').set({ ...columns(changes), updated_at: now })
      const rows = await sql.change(edited.where('id', '=', id).where('is_deleted', '=', 0).compile())
      return rows === 1 ? find(sql, id) : undefined
    })
  }

  remove(id: Id, now: number): Promise<boolean> {
    return this.#database.write(async (sql) => {
      const removed = db.updateTable('products').set({ is_deleted: 1, updated_at: now })
      return (await sql.change(removed.where('id', '=', id).where('is_deleted', '=', 0).compile())) === 1
    })
  }

  product(id: Id): Promise<Product | undefined> {
    return this.#database.read((sql) => find(sql, id))
  }

  products(limit: number, after?: Id, category?: string): Promise<Product[]> {
    let query = live.selectAll().orderBy('id', 'desc').limit(limit)
    if (after !== undefined) query = query.where('id', '<', after)
    if (category !== undefined) query = query.where('category', '=', category)
    return this.#database.read(async (sql) => (await sql.rows(query.compile())).map(productOf))
  }

  categories(limit: number, after?: string): Promise<{ category: string; products: number }[]> {
    let query = live
      .where('category', 'is not', null)
      .select(({ fn }) => ['category', fn.countAll<number>().as('products')])
      .groupBy('category')
      .orderBy('category')
      .limit(limit)
    if (after !== undefined) query = query.where('category', '>', after)
    return this.#database.read(async (sql) =>
      (await sql.rows(query.compile())).map((row) => ({ category: row.category ?? '', products: row.products })),
    )
  }

  import(products: { id: Id; product: ImportedProduct }[], now: number): Promise<Imported> {
    return this.#database.write(async (sql) => {
      let updated = 0
      for (const { id, product } of products) {
        const known = await idOf(sql, product.handle)
        if (known === undefined) {
          await insert(sql, id, product, now)
          continue
        }
        const changed = db.updateTable('products').set({ ...columns(product), is_deleted: 0, updated_at: now })
        assert((await sql.change(changed.where('id', '=', known).compile())) === 1, 'a product that was just read is there')
        updated++
      }
      return { created: products.length - updated, updated }
    })
  }

  knownHandles(handles: string[]): Promise<string[]> {
    return this.#database.read(async (sql) => {
      const known: string[] = []
      for (const handle of handles) if ((await idOf(sql, handle)) !== undefined) known.push(handle)
      return known
    })
  }
}

async function idOf(sql: Sql, handle: string): Promise<Id | undefined> {
  const [row] = await sql.all<{ id: Id }>('SELECT id FROM products WHERE handle = ?', handle)
  return row?.id
}

async function find(sql: Sql, id: Id): Promise<Product | undefined> {
  const [row] = await sql.rows(live.selectAll().where('id', '=', id).compile())
  return row && productOf(row)
}

async function insert(sql: Sql, id: Id, product: NewProduct, now: number): Promise<void> {
  const row: CatalogueTables['products'] = {
    id,
    handle: product.handle ?? null,
    name: product.name,
    description: product.description ?? '',
    price: product.price,
    currency: product.currency,
    category: product.category ?? null,
    kind: product.kind ?? 'product',
    image: product.image ?? null,
    stock: product.stock ?? null,
    attributes: JSON.stringify(product.attributes ?? {}),
    is_deleted: 0,
    created_at: now,
    updated_at: now,
  }
  await sql.change(db.insertInto('products').values(row).compile())
}

/** What is `undefined` is left out of the statement by Kysely. */
function columns({ attributes, ...same }: Changes): Partial<CatalogueTables['products']> {
  return { ...same, attributes: attributes && JSON.stringify(attributes) }
}

function productOf(row: CatalogueTables['products']): Product {
  const { attributes, is_deleted, kind, created_at, updated_at, ...same } = row
  return {
    ...same,
    kind: kind as ProductKind,
    attributes: JSON.parse(attributes),
    createdAt: created_at,
    updatedAt: updated_at,
  }
}
