import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '../platform/http.ts'
import { type DocumentParts, Documents, type Page } from './page-document.ts'
import { type Bytes, sendBytes } from './ready-bytes.ts'

/** The page's own addresses whose facts are not in the document; the page's router knows what they show. */
const views = [
  '/products',
  '/products/:id',
  '/categories/:name',
  '/orders',
  '/orders/:id',
  '/account',
  '/signed-in',
  '/operator',
  '/operator/*',
]
/** Where a browser is told of nothing as any program is. */
const notViews = /^\/(api|oidc|docs|gateway-demo|assets|images|health|actuator|metrics|livez|readyz|openapi\.json)(\/|\?|$)/

const policy = (ancestors: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    // Pictures stay where their sellers keep them.
    "img-src 'self' data: https:",
    "font-src 'self'",
    "connect-src 'self'",
    // The issuer, asked in silence.
    "frame-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    `frame-ancestors ${ancestors}`,
  ].join('; ')

const headers = {
  'cache-control': 'no-store',
  'content-security-policy': policy("'none'"),
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
}
/** Each is asked for once by each visitor, and costs less than to count who asks. */
const config: object = { unlimited: true }
const schema = { hide: true }

export function pageRoutes(app: App, parts: DocumentParts): void {
  const { page } = parts
  const documents = new Documents(parts)
  app.get('/', { schema }, async (request, reply) => sendDocument(request, reply, documents.front()))
  app.get<{ Params: { id: string } }>('/sales/:id', { schema }, async (request, reply) => {
    const found = await documents.sale(request.params.id)
    return sendDocument(request, reply.code(found ? 200 : 404), found ?? page.bare)
  })
  for (const url of views) app.get(url, { schema }, async (request, reply) => sendDocument(request, reply, page.bare))
  app.get('/signed-in/silent', { schema }, async (request, reply) => {
    reply.headers({ ...headers, 'content-security-policy': policy("'self'") })
    return sendBytes(request, reply, page.silent)
  })
  app.get<{ Params: { name: string } }>('/assets/:name', { schema, config }, async (request, reply) => {
    const bytes = page.assets.get(request.params.name)
    if (!bytes) return reply.problem('not-found', 'There is no such file. Load the page again: it names those that there are.')
    return sendBytes(request, reply.header('cache-control', 'public, max-age=31536000, immutable'), bytes)
  })
}

/** Shows people that there is nothing at an address; answers false where a program asked. */
export function lostVisitor(page: Page): (request: FastifyRequest, reply: FastifyReply) => boolean {
  return (request, reply) => {
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    if (!isRead || !request.headers.accept?.includes('text/html') || notViews.test(request.url)) return false
    sendDocument(request, reply.code(404), page.bare)
    return true
  }
}

function sendDocument(request: FastifyRequest, reply: FastifyReply, document: Bytes): FastifyReply {
  return sendBytes(request, reply.headers(headers), document)
}
