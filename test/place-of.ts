import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Of what `npm run services` fetched, and what it keeps while they run. */
export const servicesFolder = fileURLToPath(new URL('../.services', import.meta.url))

/** Where a program of this machine is. */
export function placeOf(program: string): string | undefined {
  // Servers stand in sbin, which is not on the PATH of everybody.
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', servicesFolder]
  return folders.map((folder) => join(folder, program)).find(existsSync)
}
