import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { assert } from '../core/assert.ts'

/** What of an OpenAPI document is touched here. */
type Schema = { title?: string; description?: string; [key: string]: unknown }
type Content = Record<string, { schema: Schema }>
type Call = { requestBody?: { content: Content }; responses: Record<string, { content?: Content }> }
type Described = { paths: Record<string, Record<string, Call>>; components: { schemas?: Record<string, Schema> } }

/** Describes the routes that are added from here on. `version`: of this program. */
export async function describeApi(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Doorbuster',
        version,
        description:
          'Money is in minor units, times are RFC 3339 in UTC, ids are UUIDs. Errors are problem+json: decide by `code`.',
      },
      servers: [{ url: '/' }],
      components: { securitySchemes: { accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
    },
    convertConstToEnum: false,
    transformObject: (document) => {
      const { openapiObject } = document as unknown as { openapiObject: Described }
      const calls = Object.values(openapiObject.paths).flatMap((path) => Object.values(path))
      for (const call of calls) nameProblems(call)
      const named: Record<string, Schema> = {}
      for (const call of calls) shareNamed(call, named)
      openapiObject.components.schemas = Object.fromEntries(Object.entries(named).sort(([a], [b]) => (a < b ? -1 : 1)))
      return openapiObject as never
    },
  })
}

/** The framework describes every answer as JSON. */
function nameProblems({ responses }: Call): void {
  for (const { content } of Object.values(responses)) {
    const json = content?.['application/json']
    if (!content || !json?.schema.description?.startsWith('RFC 9457 problem')) continue
    content['application/problem+json'] = json
    delete content['application/json']
  }
}

/** A schema with a title is said once, under that name: a program that reads the document then has one type for it. */
function shareNamed({ requestBody, responses }: Call, named: Record<string, Schema>): void {
  const contents = [requestBody, ...Object.values(responses)].flatMap((part) => Object.values(part?.content ?? {}))
  for (const content of contents) content.schema = share(content.schema, named)
}

function share<T>(part: T, named: Record<string, Schema>): T {
  if (Array.isArray(part)) return part.map((each) => share(each, named)) as T
  if (typeof part !== 'object' || part === null) return part
  const shared = Object.fromEntries(Object.entries(part).map(([key, value]) => [key, share(value, named)])) as Schema
  if (typeof shared.title !== 'string') return shared as T
  const { title } = shared
  named[title] ??= shared
  assert(JSON.stringify(named[title]) === JSON.stringify(shared), `two schemas are called ${title}`)
  return { $ref: `#/components/schemas/${title}` } as T
}
