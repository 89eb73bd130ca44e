import { Server } from 'node:net'
import type { Clock } from '../platform/clock.ts'
import type { App } from '../platform/http.ts'

/** Far longer than a proxy needs to see that it must go elsewhere. */
const LAST_CALL_MS = 1000

/**
 * How a process lets go of its proxy where others can take over. A proxy that sends on a connection which is just being closed cannot
 * know whether its POST was read, and must not send it again. One that is refused a connection has sent nothing: it goes elsewhere
 * and stays there. So new connections are refused first, and all that comes on those that there are is answered for a while
 * longer, each time with the last answer of its connection.
 */
export class LastCall {
  isOn = false
  readonly #clock: Clock
  readonly #apps: App[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Of a server that listens, or will. */
  of(app: App): void {
    this.#apps.push(app)
    app.server.prependListener('request', (_request, response) => {
      if (this.isOn) response.setHeader('connection', 'close')
    })
  }

  /** Returns when it is over; to close the servers is the caller's. */
  async give(): Promise<void> {
    this.isOn = true
    // Who has connected and was not accepted yet would be cut off.
    await new Promise<void>((accepted) => this.#clock.soon(accepted))
    // That of node:http closes what is idle as well.
    for (const app of this.#apps) Server.prototype.close.call(app.server)
    await this.#clock.sleep(LAST_CALL_MS)
  }
}
