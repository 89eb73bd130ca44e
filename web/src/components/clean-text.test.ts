import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import CleanText from './clean-text.ts'

const shown = (html: string) => mount(CleanText, { props: { html } }).element.innerHTML

describe('a description', () => {
  it('keeps its structure', () => {
    expect(shown('<p>Two <b>sips</b></p><ul><li>hot</li></ul>')).toBe('<p>Two <b>sips</b></p><ul><li>hot</li></ul>')
    expect(shown('no markup & more')).toBe('no markup &amp; more')
  })
  it('links out, without a hold on this page', () => {
    expect(shown('<a href="https://a.example/x" target="_top" onclick="run()">there</a>')).toBe(
      '<a href="https://a.example/x" rel="nofollow noopener noreferrer">there</a>',
    )
  })
  it.each([
    ['<script>run()</script>a', 'a'],
    ['<style>p{}</style>a', 'a'],
    ['<img src=x onerror="run()">a', 'a'],
    ['<p style="position:fixed" class="btn" onclick="run()">a</p>', '<p>a</p>'],
    ['<a href="javascript:run()">a</a>', 'a'],
    ['<a href=" javascript:run()">a</a>', 'a'],
    ['<a href="//evil.example">a</a>', 'a'],
    ['<object data="https://evil.example"></object><form action="/x"><p>a</p></form><!-- c -->', '<p>a</p>'],
  ])('makes nothing else of %s', (html, text) => {
    expect(shown(html).replaceAll('<!---->', '')).toBe(text)
  })
})
