import { WebSocket } from 'ws'
import type { Clock } from '../platform/clock.ts'
import type { Random } from '../platform/random.ts'
import type { Watched } from './result.ts'
import { Wire } from './wire.ts'

/** As the page has it. */
const POLL_MS = 15_000
const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 15_000
/** Who was not shown the stock by then has no connection. */
const PATIENCE_MS = 15_000
/** Connections of all polls together: a page's own would be idle but for one request in 15 s. */
const POLL_SOCKETS = 64

/** `at`: when the shop made it, milliseconds since 1970. */
type Frame = { type: string; at: number }

/** Sale pages that stay open beside the crowd: each is told by a socket of its own, and reads the status now and then. The
 *  sockets are of `ws`: Node's own `WebSocket` has no standard way to send a header field. */
export class Watchers {
  readonly #address: string
  readonly #statusPath: string
  readonly #subscribe: string
  readonly #tokens: string[]
  readonly #wire: Wire
  readonly #clock: Clock
  readonly #random: Random
  readonly #stop: AbortSignal
  readonly #sockets = new Set<WebSocket>()
  /** All are told the same: it is read once. */
  #last: { text: string; frame: Frame } = { text: '', frame: { type: '', at: 0 } }
  #wanted = 0
  #shown = 0
  /** Null until the opening: what comes before it are snapshots. */
  #seen: Omit<Watched, 'lags'> | null = null
  /** How many frames of stock took so many milliseconds: there may be millions. */
  readonly #lags: number[] = []

  /** `tokens`: of the rehearsal's buyers, only so that all may come from one address; the sockets have no ticket. */
  constructor(
    url: string,
    saleId: string,
    tokens: string[],
    parts: { clock: Clock; random: Random /** They leave. */; stop: AbortSignal },
  ) {
    this.#address = `${url.replace(/^http/, 'ws')}/api/v1/live`
    this.#statusPath = `/api/v1/sales/${saleId}/status`
    this.#subscribe = JSON.stringify({ subscribe: [`sale:${saleId}`] })
    this.#tokens = tokens
    this.#wire = new Wire(url, POLL_SOCKETS)
    this.#clock = parts.clock
    this.#random = parts.random
    this.#stop = parts.stop
    this.#stop.addEventListener('abort', () => this.#leave(), { once: true })
  }

  /** One more page. Returns when it is shown the stock or has no connection; then it tries again by itself. */
  open(): Promise<void> {
    return new Promise((resolve) => void this.#stay(this.#headers(this.#wanted++), resolve))
  }

  /** What they are told from now on counts. */
  opening(): void {
    this.#seen = { wanted: this.#wanted, open: this.#shown, dropped: 0, frames: 0, polls: 0, failedPolls: 0 }
  }

  /** Every page reads the status every 15 s, evenly one after the other, until `stop`. */
  async poll(): Promise<void> {
    const from = this.#clock.ticks()
    const eachMs = POLL_MS / this.#wanted
    for (let next = 0; this.#wanted > 0 && !this.#stop.aborted; ) {
      for (; next * eachMs <= this.#clock.ticks() - from; next++) void this.#ask(next)
      await this.#clock.sleep(Math.max(1, eachMs), this.#stop)
    }
  }

  /** Since the opening. */
  get seen(): Watched | null {
    return this.#seen && { ...this.#seen, lags: this.#lags }
  }

  /** Comes back after it lost its connection as a page does, each time after a longer wait at random. */
  async #stay(headers: Record<string, string>, tried: () => void): Promise<void> {
    for (let failures = 0; !this.#stop.aborted; failures++) {
      const wasShown = await this.#connect(headers, tried)
      tried()
      if (wasShown) failures = 0
      const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures)
      await this.#clock.sleep((this.#random.word() / 2 ** 32) * longest, this.#stop)
    }
  }

  /** Until the connection ends; answers whether it was shown the stock. */
  #connect(headers: Record<string, string>, shown: () => void): Promise<boolean> {
    return new Promise((resolve) => {
      let isShown = false
      const socket = new WebSocket(this.#address, { headers, perMessageDeflate: false })
      this.#sockets.add(socket)
      const decided = new AbortController()
      void this.#clock.sleep(PATIENCE_MS, decided.signal).then(() => isShown || socket.terminate())
      socket.on('open', () => socket.send(this.#subscribe))
      socket.on('message', (data) => {
        if (this.#hear(String(data)).type !== 'stock' || isShown) return
        isShown = true
        this.#shown++
        decided.abort()
        shown()
      })
      // What went wrong does not matter here: `close` follows.
      socket.on('error', () => {})
      socket.once('close', () => {
        this.#sockets.delete(socket)
        decided.abort()
        if (isShown) this.#shown--
        if (isShown && this.#seen && !this.#stop.aborted) this.#seen.dropped++
        resolve(isShown)
      })
    })
  }

  #hear(text: string): Frame {
    if (text !== this.#last.text) this.#last = { text, frame: frameOf(text) }
    const { frame } = this.#last
    if (!this.#seen) return frame
    this.#seen.frames++
    if (frame.type !== 'stock') return frame
    const lag = Math.max(0, this.#clock.now() - frame.at)
    this.#lags[lag] = (this.#lags[lag] ?? 0) + 1
    return frame
  }

  async #ask(page: number): Promise<void> {
    const answer = await this.#wire.ask('GET', this.#statusPath, this.#headers(page))
    if (!this.#seen || this.#stop.aborted) return
    this.#seen.polls++
    if (answer.kind === 'lost' || answer.status !== 200) this.#seen.failedPolls++
  }

  #headers(page: number): Record<string, string> {
    return { authorization: `Bearer ${this.#tokens[page % this.#tokens.length]}` }
  }

  #leave(): void {
    for (const socket of this.#sockets) socket.terminate()
    this.#wire.close()
  }
}

function frameOf(text: string): Frame {
  const { type, at = '' } = JSON.parse(text) as { type: string; at?: string }
  return { type, at: Date.parse(at) }
}
