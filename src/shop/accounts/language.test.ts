import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wordsFor } from './language.ts'

const lang = (uiLocales: unknown, acceptLanguage?: string) => wordsFor(uiLocales, acceptLanguage).lang

test('the page says the language, then the browser, then it is English', () => {
  assert.equal(lang('de'), 'de')
  assert.equal(lang('fr de-AT en'), 'de')
  assert.equal(lang('DE'), 'de')
  assert.equal(lang('en', 'de'), 'en')
  assert.equal(lang('fr', 'de'), 'de')
  assert.equal(lang(undefined, 'fr, de;q=0.8, en;q=0.9'), 'en')
  assert.equal(lang(undefined, 'en;q=0, de-CH;q=0.1'), 'de')
  for (const nonsense of [undefined, '', '*', ';;,q=', 'fr']) assert.equal(lang(undefined, nonsense), 'en')
  assert.equal(lang(['de']), 'en')
})
