import { once } from 'node:events'
import { connect, createServer } from 'node:net'

/** Below those that systems give to outgoing connections: who is killed gets the port again, also while a crowd connects. */
const LOWEST = 12_000
const HIGHEST = 32_000

/** Of this machine, a moment ago. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST))
    const server = createServer().listen(port, '127.0.0.1')
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    )
    if (!isFree) continue
    server.close()
    await once(server, 'close')
    return port
  }
}

/** Whether something of this machine listens there. */
export async function answersAt(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
