import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { apiTypes, apiTypesFile } from './api-types.ts'

/** `npm run types`. */
const file = fileURLToPath(new URL(`../${apiTypesFile}`, import.meta.url))
mkdirSync(dirname(file), { recursive: true })
writeFileSync(file, await apiTypes())
