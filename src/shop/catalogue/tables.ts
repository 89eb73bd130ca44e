import type { Migration } from '../../platform/sql.ts'

export type CatalogueTables = {
  products: {
    id: string
    handle: string | null
    name: string
    description: string
    price: number
    currency: string
    category: string | null
    kind: string
    image: string | null
    stock: number | null
    attributes: string
    is_deleted: number
    created_at: number
    updated_at: number
  }
}

export const catalogueMigrations: Migration[] = [
  {
    id: 'catalogue-1-products',
    statements: () => [
      `CREATE TABLE products (
        id varchar(36) PRIMARY KEY,
        handle varchar(200) UNIQUE,
        name varchar(200) NOT NULL,
        description text NOT NULL,
        price bigint NOT NULL,
        currency varchar(3) NOT NULL,
        category varchar(100),
        kind varchar(10) NOT NULL,
        image text,
        stock bigint,
        attributes text NOT NULL,
        is_deleted integer NOT NULL,
        created_at bigint NOT NULL,
        updated_at bigint NOT NULL,
        CHECK (stock >= 0)
      )`,
      'CREATE INDEX products_by_id ON products (is_deleted, id)',
      'CREATE INDEX products_by_category ON products (is_deleted, category, id)',
    ],
  },
]
