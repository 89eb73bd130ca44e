/** All the same machine to whoever opens them by hand. */
const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]']

/**
 * The addresses that are the shop itself, from the one it names to others: that one alone, or all names of the loopback on its
 * port where it is one of them. What a client writes in its headers chooses among these and never adds to them.
 */
export function ownOrigins(named: string): [string, ...string[]] {
  const { protocol, hostname, port, origin } = new URL(named)
  if (!LOOPBACK.includes(hostname)) return [origin]
  const others = LOOPBACK.filter((name) => name !== hostname)
  return [origin, ...others.map((name) => `${protocol}//${name}${port === '' ? '' : `:${port}`}`)]
}
