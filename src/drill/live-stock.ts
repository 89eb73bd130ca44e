import type { Clock } from '../platform/clock.ts'

/** Follows a sale's stock as a page does, through lost connections too, until `stop`. */
export async function watchStock(
  url: string,
  saleId: string,
  clock: Clock,
  stop: AbortSignal,
  seen: (remaining: number) => void,
): Promise<void> {
  const address = `${url.replace(/^http/, 'ws')}/api/v1/live`
  while (!stop.aborted) {
    await watchOnce(address, saleId, stop, seen)
    await clock.sleep(500, stop)
  }
}

function watchOnce(address: string, saleId: string, stop: AbortSignal, seen: (remaining: number) => void): Promise<void> {
  return new Promise((resolve) => {
    const socket = new WebSocket(address)
    const close = () => socket.close()
    stop.addEventListener('abort', close, { once: true })
    socket.onopen = () => socket.send(JSON.stringify({ subscribe: [`sale:${saleId}`] }))
    socket.onmessage = ({ data }) => {
      const frame = JSON.parse(String(data)) as { type: string; saleId?: string; items?: { remaining: number }[] }
      if (frame.type === 'stock' && frame.saleId === saleId && frame.items?.[0]) seen(frame.items[0].remaining)
    }
    socket.onclose = () => {
      stop.removeEventListener('abort', close)
      resolve()
    }
  })
}
