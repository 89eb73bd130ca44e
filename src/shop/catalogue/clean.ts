import sanitize from 'sanitize-html'

/**
 * What a description may hold: text and its structure. No pictures (each would be a request to a stranger from every
 * buyer's browser), no styles, no classes, nothing that runs. A link opens without a hold on this page.
 * Costs about 20 MB and 90 ms when first loaded, so it is imported where it is needed and not before.
 */
const rules: sanitize.IOptions = {
  allowedTags: [
    ...['p', 'br', 'hr', 'h2', 'h3', 'h4', 'h5', 'h6', 'blockquote', 'ul', 'ol', 'li', 'dl', 'dt', 'dd'],
    ...['b', 'strong', 'i', 'em', 'u', 's', 'sub', 'sup', 'small', 'code', 'pre', 'a'],
    ...['table', 'thead', 'tbody', 'tr', 'th', 'td'],
  ],
  allowedAttributes: { a: ['href', 'rel'], th: ['colspan', 'rowspan'], td: ['colspan', 'rowspan'] },
  allowedSchemes: ['http', 'https', 'mailto'],
  allowProtocolRelative: false,
  nestingLimit: 20,
  // A div ends a line for the reader; dropped without a trace it would glue two sentences together.
  transformTags: { div: 'p', h1: 'h2', a: sanitize.simpleTransform('a', { rel: 'nofollow noopener noreferrer' }) },
}

export function clean(html: string): string {
  return sanitize(html, rules).trim()
}
