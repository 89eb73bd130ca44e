import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import type { Id } from '../../core/ids.ts'
import type { Cache } from '../../platform/cache/cache.ts'
import type { Catalogue, Changes, Imported, ImportedProduct, NewProduct, Product } from './catalogue.ts'

type Category = { category: string; products: number }

/** Apart: a change of one product forgets the lists and that product, and no other. */
export type CatalogueCaches = { product: Cache<Product>; products: Cache<Product[]>; categories: Cache<Category[]> }

/**
 * A catalogue whose reads come from caches. What is changed by it is forgotten before the call returns, in all processes, also
 * where the call failed: it may have been done. An import names none: it forgets all.
 */
export class CachedCatalogue implements Catalogue {
  readonly #record: Catalogue
  readonly #caches: CatalogueCaches

  constructor(record: Catalogue, caches: CatalogueCaches) {
    this.#record = record
    this.#caches = caches
  }

  product(id: Id): Promise<Product | undefined> {
    return this.#caches.product.get(id, () => this.#record.product(id))
  }

  async products(limit: number, after?: Id, category?: string): Promise<Product[]> {
    const key = JSON.stringify([limit, after ?? null, category ?? null])
    return (await this.#caches.products.get(key, () => this.#record.products(limit, after, category))) ?? []
  }

  async categories(limit: number, after?: string): Promise<Category[]> {
    const key = JSON.stringify([limit, after ?? null])
    return (await this.#caches.categories.get(key, () => this.#record.categories(limit, after))) ?? []
  }

  create(id: Id, product: NewProduct, now: number): Promise<Product> {
    return this.#record.create(id, product, now).finally(() => this.forget([id]))
  }

  edit(id: Id, changes: Changes, now: number): Promise<Product | undefined> {
    return this.#record.edit(id, changes, now).finally(() => this.forget([id]))
  }

  remove(id: Id, now: number): Promise<boolean> {
    return this.#record.remove(id, now).finally(() => this.forget([id]))
  }

  import(products: { id: Id; product: ImportedProduct }[], now: number): Promise<Imported> {
    return this.#record.import(products, now).finally(() => this.forget(null))
  }

  knownHandles(handles: string[]): Promise<string[]> {
    return this.#record.knownHandles(handles)
  }

  /** Another changed these, as a sale does that takes of their stock or gives back; null: any. Resolves like `Cache.forget`. */
  async forget(ids: Id[] | null): Promise<void> {
    const { product, products, categories } = this.#caches
    await Promise.all([...(ids ?? [null]).map((id) => product.forget(id)), products.forget(null), categories.forget(null)])
  }
}

const OrNull = (type: 'string' | 'number') => Type.Union([type === 'string' ? Type.String() : Type.Number(), Type.Null()])
const isProduct = Compile(
  Type.Object({
    id: Type.String(),
    handle: OrNull('string'),
    name: Type.String(),
    description: Type.String(),
    price: Type.Number(),
    currency: Type.String(),
    category: OrNull('string'),
    kind: Type.String(),
    image: OrNull('string'),
    stock: OrNull('number'),
    attributes: Type.Record(Type.String(), Type.String()),
    createdAt: Type.Number(),
    updatedAt: Type.Number(),
  }),
)
const isCategory = Compile(Type.Object({ category: Type.String(), products: Type.Number() }))

/** What each cache may hold, and about how much memory that takes. */
export const catalogueValues = {
  product: { isValue: (value: unknown): value is Product => isProduct.Check(value), sizeOf: productSize },
  products: {
    isValue: (value: unknown): value is Product[] => Array.isArray(value) && value.every((one) => isProduct.Check(one)),
    sizeOf: (products: Product[]) => products.reduce((sum, product) => sum + productSize(product), 0),
  },
  categories: {
    isValue: (value: unknown): value is Category[] => Array.isArray(value) && value.every((one) => isCategory.Check(one)),
    sizeOf: (categories: Category[]) => 100 * categories.length,
  },
}

function productSize({ description, attributes }: Product): number {
  return 500 + description.length + Object.entries(attributes).reduce((sum, [name, value]) => sum + name.length + value.length, 0)
}
