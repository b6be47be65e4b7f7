import type { LookupFunction, Socket } from 'node:net'
import { connect as connectTcp, isIP } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { connect as connectTls } from 'node:tls'
import type { buildConnector } from 'undici'
import { errors } from 'undici'
import { createTlsSessions } from './tls-sessions.ts'
import type { TlsSessions } from './tls-sessions.ts'

export interface SocketConnectorOptions {
  /** For the name, TCP and TLS together. */
  timeoutMs: number
  lookup: LookupFunction
  /** In PEM, instead of the authorities that Node.js trusts. */
  certificateAuthorities?: string | undefined
}

const keepAliveDelayMs = 60_000

/** Opens a socket for one connection. */
export type Connector = (options: ConnectOptions, callback: buildConnector.Callback) => void

interface ConnectOptions extends buildConnector.Options {
  /** Lets a TLS server choose HTTP/2. The socket's `alpnProtocol` is then `h2`. */
  offersHttp2?: boolean
}

/** A connector, also for undici's clients. It resumes TLS sessions. undici's own keeps them only until garbage is collected. */
export function createSocketConnector (connectorOptions: SocketConnectorOptions): Connector {
  const sessions = createTlsSessions()
  return (options, callback) => {
    const isSecure = options.protocol === 'https:'
    const socket = isSecure ? openTls(options, connectorOptions, sessions) : openTcp(options, connectorOptions)
    socket.setNoDelay(true).setKeepAlive(true, keepAliveDelayMs)
    // After a pause of the process, timers fire before the pending events of sockets.
    const timer = setTimeout(() => setImmediate(() => end(new errors.ConnectTimeoutError('connect timeout'))), connectorOptions.timeoutMs)
    let hasEnded = false
    socket.once(isSecure ? 'secureConnect' : 'connect', () => end())
    socket.on('error', end)
    socket.once('close', () => end(new errors.SocketError('closed before it was connected')))

    function end (error?: Error): void {
      if (hasEnded) return
      hasEnded = true
      clearTimeout(timer)
      if (error === undefined) return callback(null, socket)
      socket.destroy()
      callback(error, null)
    }
  }
}

function openTcp ({ hostname, port }: ConnectOptions, { lookup }: SocketConnectorOptions): Socket {
  return connectTcp({ host: hostname, port: Number(port || 80), lookup })
}

function openTls (
  { hostname, port, servername, offersHttp2 = false }: ConnectOptions, { lookup, certificateAuthorities }: SocketConnectorOptions,
  sessions: TlsSessions
): TLSSocket {
  const name = servername ?? (isIP(hostname) === 0 ? hostname : '')
  const key = `${name || hostname}:${port}`
  const session = sessions.find(key)
  const socket = connectTls({
    host: hostname,
    port: Number(port || 443),
    servername: name,
    lookup,
    ALPNProtocols: offersHttp2 ? ['h2', 'http/1.1'] : ['http/1.1'],
    ...session !== undefined && { session },
    ...certificateAuthorities !== undefined && { ca: certificateAuthorities }
  })
  sessions.keep(key, socket)
  return socket
}
