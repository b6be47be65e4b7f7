import getPort from 'get-port'
import { createServer } from 'node:net'

/** A TCP port of 127.0.0.1 that nobody listens on right now: `preferred` when it is free, or any other. */
export async function freePort (preferred?: number): Promise<number> {
  return preferred && await isPortFree(preferred) ? preferred : getPort({ host: '127.0.0.1' })
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
