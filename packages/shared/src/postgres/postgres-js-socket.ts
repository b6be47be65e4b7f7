import { once } from 'node:events'
import { Socket, isIP } from 'node:net'
import { connect } from 'node:tls'
import type { DatabaseAddress } from './database-address.ts'
import { keepStartupClean } from './startup-message.ts'
import { tlsOptions } from './tls-options.ts'
import { WatchedSocket } from './watched-socket.ts'

/** https://www.postgresql.org/docs/current/protocol-message-formats.html: SSLRequest. */
const sslRequest = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])
const yes = 'S'.charCodeAt(0)

export interface SocketTarget {
  host: string
  port: number
  /** The path of a Unix socket, which replaces host and port. */
  path?: string
}

/**
 * Opens the connections of postgres.js, including TLS: postgres.js 3.4 waits forever when it opens TLS on a reconnected socket.
 * On failure it resolves to a socket that fails, because postgres.js does not handle a rejection.
 */
export async function openPostgresJsSocket (address: DatabaseAddress, target: SocketTarget, quietMs: number): Promise<Socket> {
  const raw = new WatchedSocket({ quietMs })
  failAtEnd(raw)
  if (target.path === undefined) raw.connect(target.port, target.host)
  else raw.connect(target.path)
  try {
    const socket = address.tls.mode === 'disable' ? raw : await negotiateTls(address, target, raw)
    // postgres.js names host and port in its errors.
    return keepStartupClean(Object.assign(socket, { host: target.host, port: target.port }))
  } catch (error) {
    raw.destroy()
    return openFailing(error)
  }
}

async function negotiateTls (address: DatabaseAddress, { host }: SocketTarget, raw: WatchedSocket): Promise<Socket> {
  const timer = setTimeout(() => raw.destroy(connectionError('CONNECT_TIMEOUT', 'PostgreSQL did not respond')), address.connectTimeoutMs)
  try {
    raw.write(sslRequest)
    const [response]: Buffer[] = await once(raw, 'data')
    if (response?.[0] === yes) return startTls(address, host, raw)
    if (address.tls.mode === 'prefer') return raw
    throw new Error('The server does not support SSL connections')
  } finally {
    clearTimeout(timer)
  }
}

function startTls (address: DatabaseAddress, host: string, raw: WatchedSocket): Socket {
  const socket = connect({ socket: raw, ...isIP(host) === 0 && { servername: host }, ...tlsOptions(address) })
  failAtEnd(socket)
  // Only the socket below has the reason why the connection ended.
  raw.on('error', (error) => socket.destroy(error))
  return socket
}

/**
 * Turns the end of a connection into an error. Otherwise postgres.js 3.4 reconnects endlessly without a pause when a connection
 * is lost during a statement and the server then closes each new one. The next statement is never rejected.
 *
 * Repeats an error when the socket closes. Between the two, postgres.js still gives statements to the connection, and its handler
 * of the close rejects them only when there was no error: they would wait until the pool uses the connection again.
 */
function failAtEnd (socket: Socket): void {
  const closed = connectionError('CONNECTION_CLOSED', 'PostgreSQL closed the connection')
  socket.once('end', () => {
    if (!socket.writableEnded) socket.destroy(closed)
  })
  socket.once('close', (hadError) => {
    if (hadError && socket.listenerCount('error') > 0) socket.emit('error', socket.errored ?? closed)
  })
}

/** Fails only after postgres.js has added its listeners. */
function openFailing (error: unknown): Socket {
  const socket = new Socket()
  setImmediate(() => socket.destroy(error instanceof Error ? error : new Error(String(error))))
  return socket
}

function connectionError (code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}
