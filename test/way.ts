import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** A way to a server on which answers may be held back, as a bad network does. */
export async function wayTo(port: number) {
  let to = port
  const sockets = new Set<Socket>()
  let isMute = false
  /** What came back while all of it is held. */
  let held: (() => void)[] | undefined
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
      if (held) held.push(() => near.write(data))
      else if (!isMute) near.write(data)
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
    /** Answers wait on their way; `false`: all of them arrive. */
    hold: (on: boolean) => {
      const arriving = held ?? []
      held = on ? arriving : undefined
      if (!on) for (const arrive of arriving) arrive()
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
