import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** A way to a server on which answers may be held back, as a bad network does. */
export async function wayTo(port: number) {
  let to = port
  const sockets = new Set<Socket>()
  let isMute = false
  const way = createServer((near) => {
    const far = connect(to, '127.0.0.1')
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        near.destroy()
        far.destroy()
      })
    }
    near.pipe(far)
    far.on('data', (data) => {
      if (!isMute) near.write(data)
    })
  })
  way.listen(0, '127.0.0.1')
  await once(way, 'listening')
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: (way.address() as { port: number }).port,
    mute: (on: boolean) => {
      isMute = on
    },
    cut,
    /** Connections from now on end at another server, as behind a name that moves. */
    turn: (port: number) => {
      to = port
    },
    close: () => {
      cut()
      way.close()
    },
  }
}
