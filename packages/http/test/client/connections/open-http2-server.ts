import type { IncomingHttpHeaders, SecureServerOptions, ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import { createSecureServer } from 'node:http2'
import type { Test } from 'tap'
import { client, listen } from '../../local-server.ts'
import { makeCertificate } from '../../make-certificate.ts'
import type { HttpOptions } from '../../../src/client/http.ts'

interface HeldStream {
  stream: ServerHttp2Stream
  headers: IncomingHttpHeaders
}

export interface Http2Server {
  url: string
  cert: string
  /** The requests that wait for a response, oldest first. */
  held: HeldStream[]
  /** Of all connections so far. */
  sessions: ServerHttp2Session[]
  /** Connections that are closed. */
  closed: number
}

/** A server over TLS with HTTP/2, which holds its responses. */
export async function openHttp2Server (t: Test, options: SecureServerOptions = {}): Promise<Http2Server> {
  const { key, cert } = await makeCertificate(t, 'IP:127.0.0.1,DNS:localhost')
  const server: Http2Server = { url: '', cert, held: [], sessions: [], closed: 0 }
  const http2 = createSecureServer({ key, cert, ...options })
  http2.on('session', (session) => {
    server.sessions.push(session.on('error', () => {}))
    session.once('close', () => { server.closed++ })
  })
  http2.on('stream', (stream, headers) => {
    stream.on('error', () => {})
    server.held.push({ stream, headers })
  })
  server.url = `https://127.0.0.1:${await listen(t, http2)}`
  return server
}

/** Responds to all requests that wait. */
export function release ({ held }: Pick<Http2Server, 'held'>): void {
  for (const { stream } of held.splice(0)) {
    if (stream.destroyed) continue
    stream.respond({ ':status': 200 })
    stream.end('ok')
  }
}

export function http2Client (t: Test, { url, cert }: { url: string, cert: string }, options: Partial<HttpOptions> = {}) {
  return client(t, url, { certificateAuthorities: cert, ...options })
}

export async function readBody (stream: ServerHttp2Stream): Promise<Buffer> {
  return Buffer.concat(await stream.toArray())
}
