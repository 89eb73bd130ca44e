/** Which card gateway: none, the demo gateway of this process, a demo gateway elsewhere, or Stripe. */
export type PaymentAddress =
  | { kind: 'none' }
  | { kind: 'demo' }
  | { kind: 'demo-at'; url: string; key: string }
  | {
      kind: 'stripe'
      key: string
      /** Of something that speaks as Stripe does, over HTTP; for tests. */
      host: { name: string; port: number } | null
    }

export type GatewayName = 'none' | 'demo' | 'stripe'

/** What it is, wherever it is: as operators and pages are told it. */
export function gatewayName({ kind }: PaymentAddress): GatewayName {
  return kind === 'demo-at' ? 'demo' : kind
}

const STRIPE = /^stripe:\/\/([A-Za-z0-9_]+)(?:@([A-Za-z0-9.-]+):(\d{1,5}))?$/

/** `demo:`, `none`, `stripe://SECRET_KEY`, `https://KEY@gateway.example`. `undefined`: it is none of them. */
export function paymentAddress(text: string): PaymentAddress | undefined {
  if (text === 'none') return { kind: 'none' }
  if (text === 'demo:') return { kind: 'demo' }
  const [, key, name, port] = STRIPE.exec(text) ?? []
  if (key !== undefined) return { kind: 'stripe', key, host: name === undefined ? null : { name, port: Number(port) } }
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol) || url.username === '' || url.password !== '') return undefined
  if (url.search !== '' || url.hash !== '') return undefined
  return { kind: 'demo-at', url: `${url.origin}${url.pathname.replace(/\/+$/, '')}`, key: decodeURIComponent(url.username) }
}
