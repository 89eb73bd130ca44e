import { onScopeDispose, ref } from 'vue'
import { api } from './api/client.ts'
import { heard } from './server-clock.ts'
import { account } from './session.ts'

export type Frame =
  | { type: 'hello'; serverTime: string }
  | { type: 'stock'; saleId: string; items: { productId: string; remaining: number }[]; at: string }
  | { type: 'sale'; saleId: string; status: string; phase: string }
  | { type: 'order'; orderId: string; status: string; version: number }
type Listener = (frame: Frame) => void

/** What a visitor sees of it: told at once, or asked for every now and then. */
export const connection = ref<'live' | 'waiting'>('waiting')

const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 15_000
/** The server pings every 25 s, which a page cannot see; stock of a sale that is on moves. What says nothing is asked for. */
const topics = new Map<string, Set<Listener>>()
let socket: WebSocket | undefined
let timer = 0
let failures = 0
let ticketed = false

/** Frames of a topic (`sale:<id>`, `orders`) for as long as the component is there. Each new connection begins with a snapshot. */
export function useLive(topic: string, listener: Listener): void {
  const listeners = topics.get(topic) ?? new Set()
  topics.set(topic, listeners.add(listener))
  if (isOpen()) subscribe([topic])
  else if (!socket && !timer) void connect()
  onScopeDispose(() => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    topics.delete(topic)
    if (topics.size === 0) close()
  })
}

/** Who has signed in since the socket was opened opens another: orders are told to their buyer only. */
export function reconnect(): void {
  if (socket && ticketed !== Boolean(account.value)) socket.close()
}

async function connect(): Promise<void> {
  timer = 0
  const ticket = account.value ? (await api.POST('/api/v1/live/ticket').catch(() => undefined))?.data?.ticket : undefined
  if (topics.size === 0 || socket) return
  // Without one a buyer's own orders would not be told, and nobody would look for them.
  if (account.value && !ticket) return later()
  ticketed = ticket !== undefined
  const address = new URL('/api/v1/live', location.origin.replace(/^http/, 'ws'))
  if (ticket) address.searchParams.set('ticket', ticket)
  const askedAt = performance.now()
  const made = new WebSocket(address)
  socket = made
  made.onopen = () => {
    failures = 0
    connection.value = 'live'
    subscribe([...topics.keys()])
  }
  made.onmessage = ({ data }) => {
    const frame = JSON.parse(String(data)) as Frame
    if (frame.type === 'hello') heard(frame.serverTime, askedAt)
    else tell(frame)
  }
  made.onclose = () => {
    if (socket !== made) return
    socket = undefined
    connection.value = 'waiting'
    if (topics.size > 0) later()
  }
}

/** Full jitter: thousands that lost one server do not come back in one instant. */
function later(): void {
  const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures++)
  timer = window.setTimeout(connect, Math.random() * longest)
}

function close(): void {
  clearTimeout(timer)
  timer = 0
  const closing = socket
  socket = undefined
  closing?.close()
  connection.value = 'waiting'
}

const isOpen = () => socket?.readyState === WebSocket.OPEN

function subscribe(wanted: string[]): void {
  const allowed = wanted.filter((topic) => ticketed || topic !== 'orders')
  if (allowed.length > 0) socket?.send(JSON.stringify({ subscribe: allowed }))
}

function tell(frame: Frame): void {
  const topic = frame.type === 'order' ? 'orders' : 'saleId' in frame ? `sale:${frame.saleId}` : ''
  for (const listener of topics.get(topic) ?? []) listener(frame)
}
