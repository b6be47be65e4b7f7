import getPort from 'get-port'
import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * Lower than the ephemeral ports of systems (Linux uses 32768 and higher). An ephemeral port that is free now may become the
 * source port of an outgoing connection before the server listens.
 */
const lowestPort = 20_000
const highestPort = 32_767

/** A free TCP port of 127.0.0.1: `preferred` if it is free, otherwise any other. */
export async function freePort (preferred?: number): Promise<number> {
  return preferred && await isPortFree(preferred) ? preferred : getPort({ host: '127.0.0.1', port: candidates() })
}

/** Random ports, because other processes choose at the same time. If none of them is free, get-port uses any port. */
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
