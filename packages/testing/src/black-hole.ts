import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import type { Test } from 'tap'

export interface BlackHole {
  /** The target's address through this proxy. */
  url: string
  /**
   * Drops all bytes in both directions from now on without closing anything, like a firewall that drops packets. Accepts new
   * connections and does not respond.
   */
  swallow: () => void
  /** Lets new connections work again. Existing ones stay silent forever. */
  end: () => void
}

/** A proxy in front of the server at `target` that can drop all traffic. Ends with the test. */
export async function openBlackHole (t: Test, target: string): Promise<BlackHole> {
  const { hostname, port } = new URL(target)
  const sockets = new Set<Socket>()
  const open = new Set<() => void>()
  let isSwallowing = false
  const server = createServer((client) => {
    sockets.add(client)
    client.on('error', () => {})
    client.resume()
    if (isSwallowing) return
    const upstream = connect(Number(port), hostname)
    sockets.add(upstream)
    upstream.on('error', () => {})
    let isSilent = false
    open.add(() => { isSilent = true })
    client.on('data', (bytes) => { if (!isSilent) upstream.write(bytes) })
    upstream.on('data', (bytes) => { if (!isSilent) client.write(bytes) })
    client.on('close', () => { if (!isSilent) upstream.end() })
    upstream.on('close', () => { if (!isSilent) client.destroy() })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const url = new URL(target)
  url.hostname = '127.0.0.1'
  url.port = String((server.address() as AddressInfo).port)
  return {
    url: url.href,
    swallow: () => {
      isSwallowing = true
      for (const silence of open) silence()
      open.clear()
    },
    end: () => { isSwallowing = false }
  }
}
