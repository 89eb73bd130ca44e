import { readFileSync } from 'node:fs'

/** Of the whole program, as its package names it. */
export function version(): string {
  return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version
}
