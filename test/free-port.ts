import { once } from 'node:events'
import { connect, createServer } from 'node:net'

/** Below those that systems give to outgoing connections: who is killed gets the port again, also while a crowd connects. */
const LOWEST = 12_000
/** Processes that test at the same time have ports of their own: what one was told is free nobody else takes meanwhile. */
const BLOCKS = 200
const BLOCK = 100

const first = LOWEST + (process.pid % BLOCKS) * BLOCK
let given = 0

/** Of this machine, a moment ago; the one after the last that was given. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = first + (given++ % BLOCK)
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
