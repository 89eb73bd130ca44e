import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Interaction } from 'oidc-provider'
import { Type } from 'typebox'
import { type Code, codes } from '../../core/codes.ts'
import type { Id } from '../../core/ids.ts'
import type { App } from '../../platform/http.ts'
import { pageHeaders } from '../../platform/plain-page.ts'
import { Email, NAME_MAX, Name, PASSWORD_MAX, PASSWORD_MIN, Password } from './account-rules.ts'
import type { Identity } from './identity.ts'
import { wordsFor } from './language.ts'
import { notice } from './page.ts'
import { type SignIn, signIn } from './sign-in.ts'
import { type FieldName, type FormPage, formPage, type Kind } from './sign-in-page.ts'
import { type SignUpParts, signUp } from './sign-up.ts'
import type { Words } from './words-en.ts'

export type InteractionParts = SignUpParts & { identity: Identity }

type Form = { email: string; password: string; name?: string }
type Refusal = { kind: 'refused'; code: Code; errors?: FormPage['errors']; notice?: string; retryAfterS?: number }
type Outcome = { kind: 'welcome'; userId: Id } | Refusal
type Attempt = (parts: InteractionParts, form: Form, words: Words, address: string) => Promise<Outcome>
/** A sign-in under way, and how its pages speak. */
type Visit = { interaction: Interaction; origin: string; words: Words }

const PATH = '/oidc/interaction/:uid'
const BUSY_S = 10
/** No more is asked of what is compared only: an account that was made by a setting may have an e-mail without a dot. */
const SignInForm = Type.Object({
  email: Type.String({ minLength: 1, maxLength: 254 }),
  password: Type.String({ minLength: 1, maxLength: PASSWORD_MAX }),
})
const SignUpForm = Type.Object({ email: Email, password: Password, name: Type.Optional(Name) })

/** The pages where people sign in and sign up, while the provider waits for who they are. */
export function interactionRoutes(app: App, parts: InteractionParts): void {
  app.register(async (scope) => {
    takeForms(scope as App)
    scope.setErrorHandler(failed)
    scope.get(PATH, { schema: { hide: true } }, (request, reply) => show(parts, request, reply, undefined))
    formRoutes(scope as App, parts, 'sign-in', SignInForm, attemptSignIn)
    formRoutes(scope as App, parts, 'sign-up', SignUpForm, attemptSignUp)
  })
}

function formRoutes(app: App, parts: InteractionParts, kind: Kind, body: object, attempt: Attempt): void {
  app.get(`${PATH}/${kind}`, { schema: { hide: true } }, (request, reply) => show(parts, request, reply, kind))
  app.post(`${PATH}/${kind}`, { schema: { hide: true, body }, attachValidation: true }, async (request, reply) => {
    const { identity } = parts
    const visit = await visitOf(identity, request, reply)
    if (!visit) return reply
    const { words, origin, interaction } = visit
    if (!isFromHere(request, origin)) return page(reply, 403, notice(words, `${origin}/`, words.foreign))
    const form: Form = { email: '', password: '', ...(request.body as Partial<Form> | null) }
    const problems = request.validationError?.validation
    const outcome = problems
      ? ({ kind: 'refused', code: 'invalid', errors: fieldErrors(problems, kind, form, words) } as const)
      : await attempt(parts, form, words, request.ip)
    if (outcome.kind === 'refused') return refuse(reply, visit, kind, form, outcome)
    request.log.info({ event: 'signed-in', userId: outcome.userId, by: kind })
    return reply.header('cache-control', 'no-store').redirect(await identity.admit(origin, interaction, outcome.userId), 303)
  })
}

/** Both fields are always there, for what is missing and what is empty are the same to people. */
function takeForms(app: App): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
    const { email = '', password = '', name = '' } = Object.fromEntries(new URLSearchParams(body as string))
    done(null, { email: email.trim(), password, ...(name.trim() !== '' && { name: name.trim() }) })
  })
}

async function show({ identity }: InteractionParts, request: FastifyRequest, reply: FastifyReply, kind: Kind | undefined) {
  const visit = await visitOf(identity, request, reply)
  if (!visit) return reply
  const { prompt, params } = visit.interaction
  const asked = kind ?? (prompt.name === 'create' ? 'sign-up' : 'sign-in')
  const email = typeof params.login_hint === 'string' ? params.login_hint.slice(0, 254) : ''
  return page(reply, 200, formPage({ ...formOf(visit, asked), values: { email, name: '' }, errors: {} }))
}

/** `undefined`: it has ended, and the reply says so. */
async function visitOf(identity: Identity, request: FastifyRequest, reply: FastifyReply): Promise<Visit | undefined> {
  const origin = await identity.originAt(request.host)
  const interaction = await identity.interaction(origin, request.raw, reply.raw)
  const words = wordsFor(interaction?.params.ui_locales, request.headers['accept-language'])
  if (interaction) return { interaction, origin, words }
  page(reply, 400, notice(words, `${origin}/`, words.expired))
  return undefined
}

/** Our form is sent by our page: browsers say so in a header that no page can set, and old ones at least name the page's
 *  origin. The interaction's cookie alone would let another page send people's browsers in with a password of its own. */
function isFromHere({ headers }: FastifyRequest, origin: string): boolean {
  const site = headers['sec-fetch-site']
  return site === undefined ? headers.origin === origin : site === 'same-origin'
}

async function attemptSignIn(parts: InteractionParts, form: Form, words: Words, address: string): Promise<Outcome> {
  return outcomeOf(await signIn(parts, form.email, form.password, address), words)
}

/**
 * Who signs up with the e-mail and password of an account that is there has sent the form twice, or forgotten: they are signed
 * in. It is a try like any other, counted and locked.
 */
async function attemptSignUp(parts: InteractionParts, form: Form, words: Words, address: string): Promise<Outcome> {
  const made = await signUp(parts, { ...form, name: form.name })
  if (made.kind !== 'taken') return outcomeOf(made, words)
  const outcome = await signIn(parts, form.email, form.password, address)
  if (outcome.kind === 'wrong') return { kind: 'refused', code: 'conflict', errors: { email: words.emailTaken } }
  return outcomeOf(outcome, words)
}

function outcomeOf(outcome: SignIn, words: Words): Outcome {
  switch (outcome.kind) {
    case 'welcome':
      return outcome
    case 'wrong':
      return { kind: 'refused', code: 'unauthenticated', errors: { password: words.wrong } }
    case 'blocked':
      return { kind: 'refused', code: 'forbidden', notice: words.blocked }
    case 'locked': {
      const minutes = new Intl.NumberFormat(words.lang, { style: 'unit', unit: 'minute', unitDisplay: 'long' })
      const wait = minutes.format(Math.ceil(outcome.forMs / 60_000))
      return { kind: 'refused', code: 'slow-down', notice: words.locked(wait), retryAfterS: Math.ceil(outcome.forMs / 1000) }
    }
    case 'busy':
      return { kind: 'refused', code: 'busy', notice: words.busy, retryAfterS: BUSY_S }
  }
}

type Problems = NonNullable<FastifyRequest['validationError']>['validation']

function fieldErrors(problems: Problems, kind: Kind, form: Form, words: Words): FormPage['errors'] {
  const errors: FormPage['errors'] = {}
  for (const { instancePath, keyword } of problems) {
    const field = (instancePath.slice(1) || 'email') as FieldName
    errors[field] ??= fieldError(field, keyword, kind, form, words)
  }
  return errors
}

function fieldError(field: FieldName, keyword: string, kind: Kind, form: Form, words: Words): string {
  if (field === 'email') return form.email === '' ? words.emailMissing : words.emailWrong
  if (field === 'name') return words.nameWrong(NAME_MAX)
  if (kind === 'sign-in') return form.password === '' ? words.passwordMissing : words.wrong
  return keyword === 'maxLength' ? words.passwordLong(PASSWORD_MAX) : words.passwordShort(PASSWORD_MIN)
}

function refuse(reply: FastifyReply, visit: Visit, kind: Kind, form: Form, refusal: Refusal): FastifyReply {
  const { code, errors = {}, notice: sentence, retryAfterS } = refusal
  const [status] = codes[code]
  if (retryAfterS !== undefined) reply.header('retry-after', retryAfterS)
  const values = { email: form.email, name: form.name ?? '' }
  const said = sentence === undefined ? {} : { notice: sentence }
  return page(reply, status, formPage({ ...formOf(visit, kind), values, errors, ...said }))
}

function formOf({ interaction, origin, words }: Visit, kind: Kind): Pick<FormPage, 'words' | 'kind' | 'home' | 'path'> {
  return { words, kind, home: `${origin}/`, path: `/oidc/interaction/${interaction.uid}` }
}

/** What failed here, for people. What the framework refuses is for programs, and answered as everywhere. */
function failed(error: Error & { statusCode?: number }, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error.statusCode !== undefined && error.statusCode < 500) throw error
  request.log.error({ event: 'sign-in-failed', err: error }, 'a page of the issuer failed')
  const words = wordsFor(undefined, request.headers['accept-language'])
  return page(reply.header('retry-after', BUSY_S), 503, notice(words, '/', words.failed))
}

function page(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.code(status).headers(pageHeaders()).send(text)
}
