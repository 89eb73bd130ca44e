import { readFileSync } from 'node:fs'
import type { ImportedProduct } from './catalogue.ts'

const names = ['espresso-cup', 'headphones', 'sneaker', 'lamp', 'backpack', 'coupon'] as const

/** The pictures of the demo shop, drawn for it, by name. */
export const demoPictures: ReadonlyMap<string, string> = new Map(
  names.map((name) => [name, readFileSync(new URL(`demo/${name}.svg`, import.meta.url), 'utf8')]),
)

/** A small shop to look at. The handles make seeding it twice the same as once. */
export function demoProducts(currency: string): ImportedProduct[] {
  const product = (
    name: (typeof names)[number],
    rest: Omit<ImportedProduct, 'handle' | 'image' | 'currency'>,
  ): ImportedProduct => ({ ...rest, currency, handle: `demo-${name}`, image: `/images/demo/${name}.svg` })
  return [
    product('espresso-cup', {
      name: 'Espresso Cup',
      description: '<p>Thick stoneware that keeps two sips hot. Glazed by hand, so no two are quite alike.</p>',
      price: 1900,
      category: 'Kitchen',
      stock: 500,
    }),
    product('headphones', {
      name: 'Studio Headphones',
      description: '<p>Closed back, forty hours on one charge, and a cable for the day you forget to.</p>',
      price: 14900,
      category: 'Audio',
      stock: 300,
    }),
    product('sneaker', {
      name: 'Court Sneaker',
      description: '<p>A plain court shoe in canvas and natural rubber. The limited colour is the orange one.</p>',
      price: 8900,
      category: 'Fashion',
      stock: 200,
    }),
    product('lamp', {
      name: 'Desk Lamp',
      description: '<p>One joint, one switch, warm light. Turns all the way round and stays where you leave it.</p>',
      price: 5900,
      category: 'Home',
      stock: 250,
    }),
    product('backpack', {
      name: 'Day Backpack',
      description: '<p>Twenty litres of waxed cotton with a sleeve for a laptop and a pocket for the rain.</p>',
      price: 11900,
      category: 'Fashion',
      stock: 150,
    }),
    product('coupon', {
      name: 'Coffee for Two',
      description: '<p>A coupon for two coffees at the counter. You get its code once the order is complete.</p>',
      price: 800,
      category: 'Coupons',
      kind: 'coupon',
    }),
  ]
}
