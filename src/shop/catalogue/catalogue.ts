import type { Id } from '../../core/ids.ts'

export const productKinds = ['product', 'coupon'] as const
export type ProductKind = (typeof productKinds)[number]

export type Product = {
  id: Id
  /** The shop's own name of it, unique: an import finds by it what it brought before. None for what was made by hand. */
  handle: string | null
  name: string
  /** Clean HTML (`clean.ts` lists what may be in it). */
  description: string
  /** Minor units. */
  price: number
  currency: string
  category: string | null
  kind: ProductKind
  /** An address on http(s), or a path below `/images/` of this server. */
  image: string | null
  /** Ordinary stock: what is not in a sale. Null: not counted. */
  stock: number | null
  attributes: Record<string, string>
  createdAt: number
  updatedAt: number
}

/** What is said of a product: `undefined` leaves a field as it is, or as a new product has it. */
export type Changes = Partial<Omit<Product, 'id' | 'createdAt' | 'updatedAt'>>
export type NewProduct = Changes & Pick<Product, 'name' | 'price' | 'currency'>
export type ImportedProduct = NewProduct & { handle: string }
export type Imported = { created: number; updated: number }

/** The products. Every method is one transaction or one read; those that were removed are seen by `import` alone. */
export interface Catalogue {
  create(id: Id, product: NewProduct, now: number): Promise<Product>
  /** `undefined`: there is no such product. A stock given here replaces the one that is there. */
  edit(id: Id, changes: Changes, now: number): Promise<Product | undefined>
  /** It is kept for the orders that name it. False: there is no such product. */
  remove(id: Id, now: number): Promise<boolean>
  product(id: Id): Promise<Product | undefined>
  /** Newest first, those after `after`, at most `limit`. */
  products(limit: number, after?: Id, category?: string): Promise<Product[]>
  /** By name, those after `after`, at most `limit`. */
  categories(limit: number, after?: string): Promise<{ category: string; products: number }[]>
  /** All or nothing. What has a known handle is changed, and comes back if it was removed; the rest is created with the id
   *  given: repeating it changes nothing more. Handles differ from one another. */
  import(products: { id: Id; product: ImportedProduct }[], now: number): Promise<Imported>
  /** Those of these handles that `import` would not create but change. */
  knownHandles(handles: string[]): Promise<string[]>
}
