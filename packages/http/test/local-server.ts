import { once } from 'node:events'
import type { AddressInfo, Server, Socket } from 'node:net'
import { createServer as createTcpServer } from 'node:net'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:http'
import type { Test } from 'tap'
import type { HttpOptions } from '../src/client/http.ts'
import { createHttp } from '../src/client/http.ts'
import { TransportError } from '../src/client/transport-error.ts'

export async function listen (t: Test, server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket.on('error', () => {}).on('close', () => sockets.delete(socket)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return (server.address() as AddressInfo).port
}

export async function web (t: Test, listener: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await listen(t, createServer(listener))}`
}

/** A TCP server, for responses that an HTTP server would not send. */
export async function wire (t: Test, onRequest: (socket: Socket) => void): Promise<string> {
  const server = createTcpServer((socket) => socket.once('data', () => onRequest(socket)))
  return `http://127.0.0.1:${await listen(t, server)}`
}

export function client (t: Test, url: string, options: Partial<HttpOptions> = {}) {
  const http = createHttp({ trustedOrigins: [url], allowPrivateHosts: [], ...options })
  t.teardown(() => http.close())
  return http
}

export async function failure (promise: Promise<unknown>): Promise<TransportError> {
  const error = await promise.then(() => undefined, (error: unknown) => error)
  if (error instanceof TransportError) return error
  throw new Error('expected a TransportError', { cause: error })
}
