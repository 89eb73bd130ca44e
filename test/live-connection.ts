import assert from 'node:assert/strict'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'

export type Frame = { type: string; [name: string]: unknown }

/** So long a test waits for a frame. */
export const PATIENCE_MS = 3000

/** An open connection to the shop at `url`, and every frame it has got. */
export async function connectTo(url: string, query = '', headers: Record<string, string> = {}) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/api/v1/live${query}`, { headers })
  const frames: Frame[] = []
  socket.on('message', (data) => frames.push(JSON.parse(String(data))))
  const closed = once(socket, 'close') as Promise<[number, Buffer]>
  // Whoever waits for it hears of it; one that was never opened is said below.
  closed.catch(() => {})
  await once(socket, 'open')
  const send = (frame: unknown) =>
    socket.send(typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame))
  async function frame(wanted: (frame: Frame) => boolean, patienceMs = PATIENCE_MS): Promise<Frame> {
    for (const until = Date.now() + patienceMs; Date.now() < until; await sleep(5)) {
      const found = frames.find(wanted)
      if (found) return found
    }
    assert.fail(`not among ${JSON.stringify(frames)}`)
  }
  return { socket, frames, send, frame, closed }
}

/** For one connection of whom the token is of. */
export async function ticketOf(url: string, token: string): Promise<string> {
  const answer = await fetch(`${url}/api/v1/live/ticket`, { method: 'POST', headers: { authorization: `Bearer ${token}` } })
  return ((await answer.json()) as { ticket: string }).ticket
}
