import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { ApiError, type Instance } from './instance.ts'

type Imported = { created: number; updated: number; rejected: { line: number; reason: string }[] }

/** Answers whether every row was good. */
export async function importFile(
  instance: Instance,
  file: string,
  options: { dryRun?: boolean; skipBad?: boolean },
): Promise<boolean> {
  const body = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new ApiError(0, {}, `${file} cannot be read (${error.code}).`)
  })
  const type = extname(file).toLowerCase() === '.json' ? 'application/json' : 'text/csv'
  const path = `/api/v1/admin/import?dryRun=${options.dryRun ?? false}&skipBad=${options.skipBad ?? false}`
  try {
    const { created, updated, rejected } = await instance.send<Imported>(path, body, type)
    printRejected(rejected)
    const would = options.dryRun ? 'would be ' : ''
    console.log(`${created} ${would}created, ${updated} ${would}updated, ${rejected.length} left out`)
    return true
  } catch (error) {
    if (!(error instanceof ApiError) || !Array.isArray(error.body.rejected)) throw error
    printRejected(error.body.rejected)
    console.error('Nothing was imported. Correct these lines, or leave them out with --skip-bad.')
    return false
  }
}

function printRejected(rejected: Imported['rejected']): void {
  for (const { line, reason } of rejected) console.error(`line ${line}: ${reason}`)
}
