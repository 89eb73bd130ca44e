import { Html, html, page } from '../../platform/plain-page.ts'
import type { Words } from './words-en.ts'

/** Says what happened and leads back to the shop. */
export function notice(words: Words, home: string, { title, text }: { title: string; text: string }, code?: string): string {
  const card = html`<p>${text}</p>
${code !== undefined && html`<p><code>${code}</code></p>`}
<a class="go" href="${home}">${words.shop}</a>`
  return page({ words, home, title, card })
}

/** `form`: the issuer's own, with the secret that says that it was asked for here. */
export function signOutPage(words: Words, home: string, form: string): string {
  const { title, text, button } = words.signOut
  const card = html`<p>${text}</p>
${new Html(form)}
<button class="go" type="submit" form="op.logoutForm" name="logout" value="yes">${button}</button>`
  return page({ words, home, title, card, other: html`<a href="${home}">${words.shop}</a>` })
}
