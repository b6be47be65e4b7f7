import getPort from 'get-port'
import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * Below what systems take source ports from (Linux from 32768 on): of those, one that is free now may belong to somebody's
 * outgoing connection by the time that it is listened on.
 */
const lowestPort = 20_000
const highestPort = 32_767

/** A TCP port of 127.0.0.1 that nobody listens on right now: `preferred` when it is free, or any other. */
export async function freePort (preferred?: number): Promise<number> {
  return preferred && await isPortFree(preferred) ? preferred : getPort({ host: '127.0.0.1', port: candidates() })
}

/** In no order, as other processes choose at the same time. Should none of them be free, get-port takes any port at all. */
function candidates (): number[] {
  return Array.from({ length: 100 }, () => randomInt(lowestPort, highestPort + 1))
}

export async function isPortFree (port: number, host = '127.0.0.1'): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false)
      else reject(error)
    })
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)))
  })
}
