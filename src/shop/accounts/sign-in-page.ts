import { type Html, html, page, warning } from '../../platform/plain-page.ts'
import { NAME_MAX, PASSWORD_MAX, PASSWORD_MIN } from './account-rules.ts'
import type { Words } from './words-en.ts'

export type Kind = 'sign-in' | 'sign-up'
export type FieldName = 'email' | 'password' | 'name'

export type FormPage = {
  words: Words
  kind: Kind
  /** The shop's address. */
  home: string
  /** Of the sign-in under way; the forms of both kinds are below it. */
  path: string
  /** Shown again after an error; a password never is. */
  values: { email: string; name: string }
  errors: Partial<Record<FieldName, string>>
  /** What is wrong with none of the fields. */
  notice?: string
}

type Field = { name: FieldName; type: string; autocomplete: string; label: string; hint?: string; more?: Html }

/** Works without a script: each error stands beside its field, and the first of them has the focus. */
export function formPage(shown: FormPage): string {
  const { words, kind, home, path, notice } = shown
  const { title, button, other, link } = kind === 'sign-in' ? words.signIn : words.signUp
  const wrong = notice !== undefined || Object.keys(shown.errors).length > 0
  const fields = fieldsOf(shown)
  const focus =
    notice === undefined ? (fields.find(({ name }) => shown.errors[name] !== undefined) ?? firstEmpty(fields, shown)) : undefined
  const card = html`${notice !== undefined && warning(notice, html`class="notice" role="alert" tabindex="-1" autofocus`)}
<form method="post" action="${path}/${kind}" novalidate>
${fields.map((field) => fieldHtml(field, shown, field === focus)).reduce((before, field) => html`${before}${field}`)}
<button class="go" type="submit">${button}</button>
</form>`
  const below = html`${other} <a href="${path}/${kind === 'sign-in' ? 'sign-up' : 'sign-in'}">${link}</a>`
  return page({ words, home, title, wrong, card, other: below })
}

function fieldsOf({ words, kind }: FormPage): Field[] {
  const email = { name: 'email', type: 'email', autocomplete: 'username', label: words.email, more: html`required` } as const
  const password = { name: 'password', type: 'password', label: words.password } as const
  if (kind === 'sign-in') return [email, { ...password, autocomplete: 'current-password', more: html`required` }]
  return [
    email,
    {
      ...password,
      autocomplete: 'new-password',
      hint: words.passwordRule(PASSWORD_MIN),
      // For what makes up passwords. No `maxlength`: a browser would cut a longer one without a word.
      more: html`required minlength="${PASSWORD_MIN}" passwordrules="minlength: ${PASSWORD_MIN}; maxlength: ${PASSWORD_MAX}"`,
    },
    { name: 'name', type: 'text', autocomplete: 'name', label: words.name, more: html`maxlength="${NAME_MAX}"` },
  ]
}

function firstEmpty(fields: Field[], { values }: FormPage): Field | undefined {
  return fields.find(({ name }) => name === 'password' || values[name] === '')
}

function fieldHtml({ name, type, autocomplete, label, hint, more }: Field, shown: FormPage, focus: boolean): Html {
  const error = shown.errors[name]
  const described = error !== undefined ? `${name}-error` : hint !== undefined ? `${name}-hint` : undefined
  const value = name === 'password' ? '' : shown.values[name]
  return html`<div class="field">
<label for="${name}">${label}${name === 'name' && html` <span>${shown.words.optional}</span>`}</label>
<input id="${name}" name="${name}" type="${type}" autocomplete="${autocomplete}" ${more}${value !== '' && html` value="${value}"`}${
    described !== undefined && html` aria-describedby="${described}"`
  }${error !== undefined && html` aria-invalid="true"`}${focus && html` autofocus`}${
    type === 'email' && html` autocapitalize="none" spellcheck="false"`
  }>
${
  error !== undefined
    ? warning(error, html`class="wrong" id="${described}"`)
    : hint !== undefined && html`<p class="hint" id="${described}">${hint}</p>`
}
</div>
`
}
