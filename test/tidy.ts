import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import ts from 'typescript'

/** Repository paths with forward slashes -> text; empty for what is not written by people. */
export type Tree = Map<string, string>

const skipped = new Set(['.git', '.services', 'data', 'coverage', 'web/dist'])
const readable = /\.(ts|js|mjs|cjs|vue|md|sql|lua|css|scss|html|ya?ml|sh)$|^\.ci\//

export function readTree(root: string): Tree {
  const tree: Tree = new Map()
  const walk = (folder: string): void => {
    for (const entry of readdirSync(posix.join(root, folder), { withFileTypes: true })) {
      const path = posix.join(folder, entry.name)
      if (entry.isDirectory() && !skipped.has(path) && entry.name !== 'node_modules') walk(path)
      if (entry.isFile()) tree.set(path, readable.test(path) ? readFileSync(posix.join(root, path), 'utf8') : '')
    }
  }
  walk('')
  return tree
}

/** What breaks a rule of the house, as `path:line: sentence`. A tree without sources breaks the first. */
export function breaches(tree: Tree): string[] {
  const found = [...tree].flatMap(([path, text]) => rules.flatMap((rule) => rule(path, text)))
  const sources = [...tree.keys()].filter((path) => path.startsWith('src/')).length
  return [...(sources === 0 ? ['src: no source was read'] : []), ...found, ...deadLinks(tree), ...orphanDocs(tree)]
}

type Rule = (path: string, text: string) => string[]

const isTest = (path: string): boolean => /\.(test|contract)\.ts$/.test(path)
const isCode = (path: string): boolean => /\.(ts|js|mjs)$/.test(path)
/** What ships, and the simulator, which must be as free of time and chance. */
const isProduct = (path: string): boolean => /^(src|sim)\/.*\.ts$/.test(path) && !isTest(path)

const doors = /^src\/(platform\/|config\.ts$|main\.ts$)/
const byTheDoor = new Set(['Date.now', 'Math.random', 'process.env'])
const timers = new Set(['setTimeout', 'setInterval', 'setImmediate'])

/** Time, chance and the environment come in by the door: tests and the simulator bring their own. */
export const timeAndChance: Rule = (path, text) => {
  if (!isProduct(path) || doors.test(path)) return []
  return visit(path, text, (node) => {
    if (ts.isPropertyAccessExpression(node) && byTheDoor.has(node.getText())) return `${node.getText()} ${hint}`
    if (ts.isIdentifier(node) && timers.has(node.text) && !isMethod(node)) return `${node.text} ${hint}`
    if (ts.isNewExpression(node) && node.expression.getText() === 'Date' && !node.arguments?.length) return `new Date() ${hint}`
    if (ts.isImportDeclaration(node) && /^.(node:)?timers/.test(node.moduleSpecifier.getText())) return `timers ${hint}`
    return undefined
  })
}
/** A socket has a `setTimeout` of its own. */
const isMethod = ({ parent }: ts.Identifier): boolean =>
  ts.isPropertyAccessExpression(parent) && parent.expression.getText() !== 'globalThis'
const hint = 'belongs to src/platform; take a Clock, a Random or a setting by argument'

export const sizes: Rule = (path, text) => {
  if (!isProduct(path)) return []
  const lines = text.trimEnd().split('\n').length
  const long = lines > 400 ? [`${path}:1: ${lines} lines; a file has at most 400`] : []
  const functions = visit(path, text, (node, file) => {
    if (!ts.isFunctionLike(node) || !('body' in node) || !node.body) return undefined
    const length = lineOf(file, node.getEnd()) - lineOf(file, node.getStart()) + 1
    return length > 70 ? `a function of ${length} lines; at most 70` : undefined
  })
  return [...long, ...functions]
}

const vague = /(Impl|Manager|Helpers?|Utils?|Service)$|^I[A-Z][a-z]/
const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z]+)*$/

export const names: Rule = (path, text) => {
  if (!isCode(path)) return []
  const file = posix.basename(path).replace(/^\./, '')
  const found = kebab.test(file) ? [] : [`${path}:1: file names are kebab-case`]
  if (/(^|[/-])(impl|managers?|helpers?|utils?|common|misc)[./]/.test(path)) found.push(`${path}:1: say what is in it`)
  const declared = visit(path, text, (node) => {
    if (!(ts.isClassLike(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node))) return undefined
    return node.name && vague.test(node.name.text) ? `${node.name.text}: name it by what it is for` : undefined
  })
  return [...found, ...declared]
}

const moneyWord = /price|amount|money|balance|credit|cents|minor|currency/i

/** Money is an integer of minor units; `19.99 * 100` is not 1999. */
export const floatMoney: Rule = (path, text) => {
  if (!isProduct(path)) return []
  return visit(path, text, (node) => {
    if (ts.isIdentifier(node) && node.text === 'parseFloat') return 'parseFloat: read decimals with minorUnits()'
    if (!moneyWord.test(node.getText())) return undefined
    if (ts.isPropertyAccessExpression(node) && node.name.text === 'toFixed') return 'toFixed on money: it is an integer'
    if (!ts.isBinaryExpression(node)) return undefined
    const scales = ['*', '/'].includes(node.operatorToken.getText()) && /^10+$/.test(node.right.getText())
    return scales ? 'money scaled by a power of ten: use minorUnits()' : undefined
  })
}

const leftOver = /\b(TO[D]O|FIX[M]E|XX[X])\b/
/** Paths of one machine, and words about how a text came to be. */
const elsewhere = [
  /(?<![\w.:$}/-])\/(home|root|Users|tmp|work|mnt)\//,
  /\bissue #?\d|\bco-authored-by\b|\bsub-?agent|\bAI assistant/i,
]

export const leftOvers: Rule = (path, text) =>
  lineByLine(path, text, (line) => (leftOver.test(line) ? 'do it, or write it down where people look' : undefined))

export const ownBusiness: Rule = (path, text) =>
  lineByLine(path, text, (line) =>
    elsewhere.some((words) => words.test(line)) ? 'the project speaks of itself alone' : undefined,
  )

const rules: Rule[] = [timeAndChance, sizes, names, floatMoney, leftOvers, ownBusiness]

/** Every link of a Markdown page to a file here. */
export function deadLinks(tree: Tree): string[] {
  const folders = new Set([...tree.keys()].flatMap(foldersOf))
  return [...tree].flatMap(([path, text]) =>
    path.endsWith('.md')
      ? links(path, text)
          .filter((target) => !tree.has(target) && !folders.has(target))
          .map((target) => `${path}:1: links to ${target}, which is not there`)
      : [],
  )
}

/** Every page under docs/ can be reached from the first ones, by a link to it or to its folder. */
export function orphanDocs(tree: Tree): string[] {
  const reached = new Set(['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md'])
  for (const page of reached) {
    if (page.endsWith('.md')) for (const target of links(page, tree.get(page) ?? '')) reached.add(target)
  }
  const pages = [...tree.keys()].filter((path) => /^docs\/.*\.md$/.test(path))
  return pages
    .filter((path) => !reached.has(path) && !reached.has(posix.dirname(path)))
    .map((path) => `${path}:1: no page links here`)
}

function foldersOf(path: string): string[] {
  const folder = posix.dirname(path)
  return folder === '.' ? [] : [folder, ...foldersOf(folder)]
}

function links(path: string, text: string): string[] {
  const prose = text.replace(/^```.*?^```/gms, '').replace(/`[^`\n]*`/g, '')
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => (match[1] ?? '').replace(/#.*/, ''))
    .filter((target) => target !== '' && !/^[a-z]+:/.test(target))
    .map((target) => posix.join(posix.dirname(path), target).replace(/\/$/, ''))
}

function lineByLine(path: string, text: string, check: (line: string) => string | undefined): string[] {
  return text.split('\n').flatMap((line, index) => {
    const breach = check(line)
    return breach === undefined ? [] : [`${path}:${index + 1}: ${breach}`]
  })
}

/** Walks the syntax tree, so that comments and texts may name what code may not use. */
function visit(path: string, text: string, check: (node: ts.Node, file: ts.SourceFile) => string | undefined): string[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const found: string[] = []
  const walk = (node: ts.Node): void => {
    const breach = check(node, file)
    if (breach !== undefined) found.push(`${path}:${lineOf(file, node.getStart())}: ${breach}`)
    ts.forEachChild(node, walk)
  }
  walk(file)
  return found
}

const lineOf = (file: ts.SourceFile, position: number): number => file.getLineAndCharacterOfPosition(position).line + 1
