import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import openapiTypes, { astToString, type OpenAPI3, type ResponseObject } from 'openapi-typescript'
import { readConfig } from '../src/config.ts'
import { makeServer } from '../src/http/server.ts'
import { openStores } from '../src/open-stores.ts'
import { makeParts } from '../src/parts.ts'
import { makeLog } from '../src/platform/log.ts'
import { routes } from '../src/serve.ts'

/** Where the page finds the types of what it asks and is answered. */
export const apiTypesFile = 'web/src/api/schema.d.ts'

const head = '// Written by `npm run types` from the description of the API; `npm run check` says when it is stale.\n\n'

/** Those of the shop as it stands here, from its OpenAPI document; nothing listens for it. */
export async function apiTypes(): Promise<string> {
  const dataDir = mkdtempSync(join(tmpdir(), 'api-types-'))
  try {
    return head + astToString(await openapiTypes(withOneProblem(await describedApi(dataDir)), { alphabetize: true }))
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}

async function describedApi(dataDir: string): Promise<OpenAPI3> {
  const failed = (error: unknown) => {
    throw error
  }
  const config = readConfig({ DATA_DIR: dataDir, LOG_LEVEL: 'silent' })
  const log = makeLog('silent')
  await using opened = await openStores(config, log, failed)
  const parts = await makeParts(config, opened.stores, null, log, failed)
  const app = await makeServer({ ...parts, version: '0' }, (app) => void routes(app, parts))
  const document = app.swagger()
  await app.close()
  return document as OpenAPI3
}

/** Four of five answers are problems: written out each time, they are half of the file. */
function withOneProblem({ paths = {}, components, ...rest }: OpenAPI3): OpenAPI3 {
  const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } }
  for (const { responses } of Object.values(paths).flatMap((path) => Object.values(path))) {
    for (const [status, answer] of Object.entries<ResponseObject>(responses)) {
      const isProblem = JSON.stringify(answer.content) === JSON.stringify(content)
      if (isProblem) responses[status] = { $ref: '#/components/responses/Problem' }
    }
  }
  const Problem = { description: 'RFC 9457 problem', content }
  return { ...rest, paths, components: { ...components, responses: { Problem } } }
}
