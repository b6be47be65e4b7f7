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
  /** Of a Unix socket, instead of both. */
  path?: string
}

/**
 * Opens the connections of postgres.js, and TLS on them: postgres.js 3.4 waits forever where it opens TLS itself on a connection
 * that was lost before. Resolves to a socket that fails where it cannot open one, since a rejection leaves postgres.js waiting.
 */
export async function openPostgresJsSocket (address: DatabaseAddress, target: SocketTarget, quietMs: number): Promise<Socket> {
  const raw = new WatchedSocket({ quietMs })
  failAtEnd(raw)
  if (target.path === undefined) raw.connect(target.port, target.host)
  else raw.connect(target.path)
  try {
    const socket = address.tls.mode === 'disable' ? raw : await negotiateTls(address, target, raw)
    // postgres.js names them in its errors.
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
  // The reason why a connection ended is known to the socket below.
  raw.on('error', (error) => socket.destroy(error))
  return socket
}

/**
 * A connection that the server closes ends with an error. postgres.js 3.4 reconnects without a pause or an end where a connection
 * was lost during a statement and the server then closes each new one: the next statement is never rejected.
 */
function failAtEnd (socket: Socket): void {
  socket.once('end', () => {
    if (!socket.writableEnded) socket.destroy(connectionError('CONNECTION_CLOSED', 'PostgreSQL closed the connection'))
  })
}

/** Fails once postgres.js listens to it. */
function openFailing (error: unknown): Socket {
  const socket = new Socket()
  setImmediate(() => socket.destroy(error instanceof Error ? error : new Error(String(error))))
  return socket
}

function connectionError (code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}
