import { readFileSync } from 'node:fs'
import type { ImportedProduct } from './catalogue.ts'

type Demo = Omit<ImportedProduct, 'handle' | 'image' | 'currency' | 'description'> & { about: string }

/** Under the names of their pictures; the shop shows the last ones first. */
const products = {
  kettle: {
    name: 'Pour-over Kettle',
    about: 'A spout as thin as a pencil, so that the water goes where you look. Holds its heat for half an hour.',
    price: 7900,
    category: 'Kitchen',
    stock: 120,
  },
  'espresso-cup': {
    name: 'Espresso Cup',
    about: 'Thick stoneware that keeps two sips hot. Glazed by hand, so no two are quite alike.',
    price: 1900,
    category: 'Kitchen',
    stock: 500,
  },
  lamp: {
    name: 'Desk Lamp',
    about: 'One joint, one switch, warm light. Turns all the way round and stays where you leave it.',
    price: 5900,
    category: 'Home',
    stock: 250,
  },
  backpack: {
    name: 'Day Backpack',
    about: 'Twenty litres of waxed cotton with a sleeve for a laptop and a pocket for the rain.',
    price: 11900,
    category: 'Outdoors',
    stock: 150,
  },
  camera: {
    name: 'Instant Camera',
    about: 'Point, press, wait a minute. Ten pictures a pack, each of them the only one there is.',
    price: 12900,
    category: 'Electronics',
    stock: 90,
  },
  headphones: {
    name: 'Studio Headphones',
    about: 'Closed back, forty hours on one charge, and a cable for the day you forget to.',
    price: 14900,
    category: 'Electronics',
    stock: 300,
  },
  garden: {
    name: 'Glasshouse, Day Ticket',
    about: 'A day among the palms, from opening to dusk. You get its code once the order is complete.',
    price: 1400,
    category: 'Tickets',
    kind: 'coupon',
  },
  concert: {
    name: 'Harbour Nights, Standing',
    about: 'Four bands on one quay, under the moon if it keeps its word. The code is your way in.',
    price: 4800,
    category: 'Tickets',
    kind: 'coupon',
    stock: 60,
  },
  coupon: {
    name: 'Coffee for Two',
    about: 'A coupon for two coffees at the counter. You get its code once the order is complete.',
    price: 800,
    category: 'Coupons',
    kind: 'coupon',
  },
  record: {
    name: 'Tidewater, First Pressing',
    about: 'Two sides, forty minutes, numbered by hand. When these are gone there is a second pressing, without numbers.',
    price: 3900,
    category: 'Drops',
    stock: 200,
  },
  bicycle: {
    name: 'City Bicycle',
    about: 'Three gears, steel frame, a basket for bread. Made once a year in one colour.',
    price: 69000,
    category: 'Drops',
    stock: 40,
  },
  sneaker: {
    name: 'Court Sneaker',
    about: 'A plain court shoe in canvas and natural rubber. The limited colour is the orange one.',
    price: 9000,
    category: 'Drops',
    stock: 200,
  },
} satisfies Record<string, Demo>

export type DemoName = keyof typeof products
const named = Object.entries(products) as [DemoName, Demo][]

/** The pictures of the demo shop, drawn for it, by name. */
export const demoPictures: ReadonlyMap<string, string> = new Map(
  named.map(([name]) => [name, readFileSync(new URL(`demo/${name}.svg`, import.meta.url), 'utf8')]),
)

export const demoHandle = (name: DemoName): string => `demo-${name}`

/** A small shop to look at. The handles make seeding it twice the same as once. */
export function demoProducts(currency: string): ImportedProduct[] {
  return named.map(([name, { about, ...rest }]) => ({
    ...rest,
    currency,
    description: `<p>${about}</p>`,
    handle: demoHandle(name),
    image: `/images/demo/${name}.svg`,
  }))
}
