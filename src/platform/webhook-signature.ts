import { createHmac, timingSafeEqual } from 'node:crypto'

/** An hour-old webhook that somebody recorded is not told again. */
const TOLERANCE_S = 300

/** `Doorbuster-Signature`: `t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">`, in the manner of Stripe's. */
export function webhookSignature(secret: string, body: string | Buffer, now: number): string {
  const seconds = Math.floor(now / 1000)
  return `t=${seconds},v1=${hmac(secret, seconds, body).toString('hex')}`
}

/** By one of the secrets, at most 300 s before or after `now` (milliseconds). In constant time for signatures of the right length. */
export function isSigned(header: string | undefined, body: Buffer, secrets: readonly string[], now: number): boolean {
  const parts = (header ?? '').split(',').map((part) => part.trim().split('='))
  const time = parts.find(([name]) => name === 't')?.[1] ?? ''
  const given = parts.filter(([name]) => name === 'v1').map(([, hex = '']) => Buffer.from(hex, 'hex'))
  if (!/^\d{1,12}$/.test(time) || Math.abs(now / 1000 - Number(time)) > TOLERANCE_S) return false
  let signed = false
  for (const secret of secrets) {
    const right = hmac(secret, Number(time), body)
    for (const one of given) signed = (one.length === right.length && timingSafeEqual(one, right)) || signed
  }
  return signed
}

function hmac(secret: string, seconds: number, body: string | Buffer): Buffer {
  return createHmac('sha256', secret).update(`${seconds}.`).update(body).digest()
}
