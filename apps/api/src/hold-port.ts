import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'

export interface HeldPort {
  port: number
  /** Frees the port, for a server that listens at once. */
  release: () => Promise<void>
}

/**
 * Takes a free port of the system until the server can listen. A port that is only looked up may become the source port of an
 * outgoing connection, or the port of another server, before that.
 */
export async function holdPort (host: string): Promise<HeldPort> {
  const server = createServer((socket) => { socket.destroy() }).listen({ host, port: 0, exclusive: true })
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    release: async () => {
      if (!server.listening) return
      server.close()
      await once(server, 'close')
    }
  }
}
