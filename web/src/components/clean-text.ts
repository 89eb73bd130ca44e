import { type FunctionalComponent, h, type VNodeChild } from 'vue'

/** What a description may hold (the shop's own list), without what only fits a page of its own. */
const kept = new Set(
  'p br hr h2 h3 h4 h5 h6 blockquote ul ol li dl dt dd b strong i em u s sub sup small code pre table thead tbody tr th td'.split(
    ' ',
  ),
)

/** Text with its structure, made of elements one by one: whatever else is in the HTML, only what is named here comes of it. */
const CleanText: FunctionalComponent<{ html: string }> = ({ html }) =>
  h('div', [...new DOMParser().parseFromString(html, 'text/html').body.childNodes].map(copyOf))
CleanText.props = ['html']
export default CleanText

function copyOf(node: Node): VNodeChild {
  if (node.nodeType === Node.TEXT_NODE) return node.textContent
  if (!(node instanceof Element)) return null
  const name = node.localName
  if (name === 'script' || name === 'style') return null
  const content = [...node.childNodes].map(copyOf)
  if (name === 'a') return linkOf(node, content)
  return kept.has(name) ? h(name, content) : content
}

function linkOf(node: Element, content: VNodeChild[]): VNodeChild {
  const href = node.getAttribute('href') ?? ''
  return /^(https?:\/\/|mailto:)/i.test(href) ? h('a', { href, rel: 'nofollow noopener noreferrer' }, content) : content
}
