import assert from 'node:assert/strict'

/** What a page shows, as far as the tests look. */
export type Shown = { status: number; headers: Headers; url: string; text: string }

type Cookie = { name: string; value: string; path: string }

/** A browser without scripts: it keeps cookies, follows the issuer's redirects and sends the issuer's forms. */
export class Visitor {
  readonly #cookies = new Map<string, Cookie>()
  readonly #language: string

  constructor(language = 'en') {
    this.#language = language
  }

  /** Answers the page where it ends up, or, not asked for, the first address that is not the issuer's. */
  async open(url: string, init: RequestInit = {}): Promise<Shown> {
    const shown = await this.ask(url, init)
    const { origin, pathname } = new URL(shown.url)
    const goesOn = shown.status === 303 && origin === new URL(url).origin && pathname.startsWith('/oidc/')
    return goesOn ? this.open(shown.url) : shown
  }

  /** Stays where it is, as a browser does whose visitor has clicked again. `url`: where a redirect leads. */
  async ask(url: string, init: RequestInit = {}): Promise<Shown> {
    const headers = { accept: 'text/html', 'accept-language': this.#language, cookie: this.#cookiesFor(url), ...init.headers }
    const answer = await fetch(url, { ...init, headers, redirect: 'manual' })
    for (const cookie of answer.headers.getSetCookie()) this.#keep(cookie)
    const next = new URL(answer.headers.get('location') ?? url, url).href
    return { status: answer.status, headers: answer.headers, url: next, text: await answer.text() }
  }

  /** Fills in the form of the page and sends it as a browser does. */
  send(shown: Shown, fields: Record<string, string>): Promise<Shown> {
    const { url, init } = filledIn(shown, fields)
    return this.open(url, init)
  }

  /** The link below the card. */
  follow(shown: Shown): Promise<Shown> {
    const link = /<p class="other">.*?<a href="([^"]+)"/s.exec(shown.text)?.[1]
    assert.ok(link, `no link in ${shown.text}`)
    return this.open(new URL(link, shown.url).href)
  }

  /** The same browser as it is now, to be looked at later. */
  copy(): Visitor {
    const copy = new Visitor(this.#language)
    for (const [key, cookie] of this.#cookies) copy.#cookies.set(key, cookie)
    return copy
  }

  #keep(header: string): void {
    const [pair = '', ...attributes] = header.split('; ')
    const [, name = '', value = ''] = /^([^=]+)=(.*)$/.exec(pair) ?? []
    const of = (attribute: string) => attributes.find((each) => each.startsWith(`${attribute}=`))?.slice(attribute.length + 1)
    const path = of('path') ?? '/'
    if (Date.parse(of('expires') ?? '') <= Date.now()) this.#cookies.delete(name + path)
    else this.#cookies.set(name + path, { name, value, path })
  }

  #cookiesFor(url: string): string {
    const { pathname } = new URL(url)
    const sent = [...this.#cookies.values()].filter(({ path }) => `${pathname}/`.startsWith(path.replace(/\/?$/, '/')))
    return sent.map(({ name, value }) => `${name}=${value}`).join('; ')
  }
}

/** The request with which a browser sends the form of the page. */
export function filledIn(shown: Shown, fields: Record<string, string>) {
  const [, action, inputs] = /<form [^>]*action="([^"]+)"[^>]*>(.*?)<\/form>/s.exec(shown.text) ?? []
  assert.ok(action !== undefined && inputs !== undefined, `no form in ${shown.text}`)
  const hidden = [...inputs.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name = '', value = '']) => [
    name,
    value,
  ])
  const headers: Record<string, string> = { origin: new URL(shown.url).origin, 'sec-fetch-site': 'same-origin' }
  const body = new URLSearchParams({ ...Object.fromEntries(hidden), ...fields })
  return { url: new URL(action, shown.url).href, init: { method: 'POST', headers, body } }
}
