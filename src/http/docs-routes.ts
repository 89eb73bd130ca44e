import { createHash } from 'node:crypto'
import Fastify, { type FastifyInstance } from 'fastify'
import type { App } from '../platform/http.ts'

/** The description of the API, for programs and for people. */
export function docsRoutes(app: App): void {
  let description: string | undefined
  app.get('/openapi.json', { schema: { hide: true } }, (_request, reply) => {
    description ??= JSON.stringify(app.swagger())
    return reply
      .header('content-type', 'application/json; charset=utf-8')
      .header('cache-control', 'public, max-age=60')
      .send(description)
  })

  // The reader is a bundle of 4 MB that most processes are never asked for, so the first one who asks loads it.
  let reader: Promise<Reader> | undefined
  app.get('/docs', { schema: { hide: true } }, async (_request, reply) => {
    reader ??= loadReader()
    const { page, policy } = await reader
    return reply
      .header('content-security-policy', policy)
      .header('referrer-policy', 'no-referrer')
      .type('text/html; charset=utf-8')
      .send(page)
  })
  app.get('/docs/reader.js', { schema: { hide: true } }, async (_request, reply) => {
    reader ??= loadReader()
    const { script } = await reader
    return reply.header('cache-control', 'public, max-age=3600').type('text/javascript; charset=utf-8').send(script)
  })
}

type Reader = { page: string; script: Buffer; policy: string }

async function loadReader(): Promise<Reader> {
  const { default: scalar } = await import('@scalar/fastify-api-reference')
  const bench: FastifyInstance = Fastify()
  const configuration = {
    url: '/openapi.json',
    cdn: '/docs/reader.js',
    withDefaultFonts: false,
    telemetry: false,
    pageTitle: 'Doorbuster API',
  }
  await bench.register(scalar, { routePrefix: '/docs', configuration })
  const page = (await bench.inject('/docs/')).body
  const script = (await bench.inject('/docs/js/scalar.js')).rawPayload
  await bench.close()
  const inline = [...page.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)]
    .map(([, text]) => text as string)
    .filter((text) => text !== '')
  const hashes = inline.map((text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`)
  const policy = [
    "default-src 'self'",
    `script-src 'self' ${hashes.join(' ')}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ]
  return { page, script, policy: policy.join('; ') }
}
