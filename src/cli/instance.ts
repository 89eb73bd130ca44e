import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ApiClient, ApiError } from '../platform/api-client.ts'

export { ApiError }
export type Instance = ApiClient

/** `run.json` is written by a server at its start: its address, its process, and the token of this machine's operator. */
export async function connect(dataDir: string, url: string | undefined): Promise<Instance> {
  const file = join(dataDir, 'run.json')
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new ApiError(
      0,
      {},
      `${file} cannot be read (${error.code}): start the shop with \`npm start\`, or set DATA_DIR to its folder.`,
    )
  })
  const run = JSON.parse(text) as { url: string; token: string }
  return new ApiClient(url ?? run.url, run.token)
}
