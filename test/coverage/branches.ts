import ts from 'typescript'

/** One of the ways that a program can go. It was gone where `at` ran, and ran more often than `unlike` where there is one (so a
 *  condition that throws counts as one that does not hold). */
export type Branch = { line: number; what: string; at: number; unlike?: number }

/**
 * Every way through a source, in its order; offsets as V8 counts them, which sees the types as blanks. Read from the text, because
 * V8 names only the ways of functions that were called: a file that no test loads would have none that are missing. It does not
 * count defaults of parameters nor `?.`, so neither do we.
 */
export function branchesOf(path: string, text: string): Branch[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const branches: Branch[] = []
  const start = (node: ts.Node) => node.getStart(file)
  const way = (what: string, at: number, unlike?: number) => {
    branches.push({ line: file.getLineAndCharacterOfPosition(at).line + 1, what, at, unlike })
  }
  const walk = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body) way('call', insideOf(node, node.body as ts.Node, file))
    if (ts.isIfStatement(node)) {
      way('if', start(node.thenStatement))
      if (node.elseStatement) way('else', start(node.elseStatement))
      else way('not if', start(node.expression), start(node.thenStatement))
    } else if (ts.isConditionalExpression(node)) {
      way('?', start(node.whenTrue))
      way(':', start(node.whenFalse))
    } else if (ts.isBinaryExpression(node) && shortcuts.has(node.operatorToken.kind)) {
      const sign = node.operatorToken.getText(file)
      way(sign, start(node.right))
      way(`not ${sign}`, start(node.left), start(node.right))
    } else if (ts.isCaseOrDefaultClause(node)) {
      const [first] = node.statements
      if (first) way('case', start(first))
    } else if (ts.isCatchClause(node)) way('catch', start(node.block))
    else if (ts.isIterationStatement(node, false)) way('loop', start(node.statement))
    ts.forEachChild(node, walk)
  }
  walk(file)
  return branches.sort((one, other) => one.at - other.at)
}

const shortcuts = new Set([ts.SyntaxKind.AmpersandAmpersandToken, ts.SyntaxKind.BarBarToken, ts.SyntaxKind.QuestionQuestionToken])

/** An offset that is of this function and of none within it: the body of an arrow may itself be an arrow. */
function insideOf(node: ts.Node, body: ts.Node, file: ts.SourceFile): number {
  return ts.isArrowFunction(node) ? node.equalsGreaterThanToken.getStart(file) : body.getStart(file)
}
