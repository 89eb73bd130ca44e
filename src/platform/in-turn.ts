/** One at a time. Who asks while one is under way gets the next one, with all who ask until then: what is under way may have seen
 *  nothing of what the asker just did. */
export function inTurn<T>(work: () => Promise<T>): () => Promise<T> {
  let underWay: Promise<unknown> = Promise.resolve()
  let next: Promise<T> | undefined
  function start(): Promise<T> {
    next = undefined
    const done = work()
    underWay = done.catch(() => {})
    return done
  }
  return () => {
    next ??= underWay.then(start)
    return next
  }
}
