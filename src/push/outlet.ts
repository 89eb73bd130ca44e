import type { Id } from '../core/ids.ts'

/** What is needed of a WebSocket. */
export type Socket = {
  /** Bytes that were sent and not yet taken by the kernel. */
  readonly bufferedAmount: number
  send(text: string, done: (error?: Error) => void): void
  terminate(): void
}

/** A reader that lets this much lie is gone or hostile; what it missed it finds at the status API. */
const BUFFERED_MAX = 64 * 1024

/** Who wants which hints, in the process that holds their sockets. */
export interface Watching {
  /** Before the first socket: from now on this process hears what others tell. Throws nothing where it cannot. */
  start(): Promise<void>
  /** After the last socket. */
  stop(): Promise<void>
  /** Repeating does nothing. */
  watchSale(saleId: Id, outlet: Outlet): void
  /** At once for what this process tells. Resolves when it is so for all others, or soon after where that cannot be had now.
   *  Repeating does nothing. */
  watchBuyer(buyerId: Id, outlet: Outlet): Promise<void>
  /** The socket is gone; `saleIds` and `buyerId` are what it watched. */
  forget(outlet: Outlet, saleIds: Iterable<Id>, buyerId: Id | undefined): void
}

/** One socket. Of what has a newer version only the newest waits, and only while an older one is on its way. */
export class Outlet {
  readonly #socket: Socket
  readonly #waiting = new Map<string, string>()
  #busy = false

  constructor(socket: Socket) {
    this.#socket = socket
  }

  send(text: string): void {
    this.#write(text, ignore)
  }

  sendLatest(topic: string, text: string): void {
    if (this.#busy) {
      this.#waiting.set(topic, text)
      return
    }
    this.#busy = true
    this.#write(text, this.#taken)
  }

  readonly #taken = (): void => {
    this.#busy = false
    for (const [topic, text] of this.#waiting) {
      this.#waiting.delete(topic)
      this.sendLatest(topic, text)
      return
    }
  }

  #write(text: string, done: (error?: Error) => void): void {
    if (this.#socket.bufferedAmount > BUFFERED_MAX) this.#socket.terminate()
    else this.#socket.send(text, done)
  }
}

const ignore = (): void => {}
