import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:http2'
import type { ClientHttp2Session } from 'node:http2'
import { message } from '../message.ts'

interface Order {
  origin: string
  path: string
  /** The file of the certificate to trust. */
  certificate: string
  tokens: string[]
  concurrency: number
}

/** Like push-loop, over TLS with HTTP/2: a connection for each hundred requests in flight. */
process.on('message', (order: Order | { go: true } | 'usage') => {
  if (order === 'usage') return
  if ('go' in order) pushAll().then((result) => process.send?.(result))
  else prepare(order).then(() => process.send?.({ prepared: pushes.length }))
})
process.on('disconnect', () => process.exit())
process.send?.({ ready: true })

const streamsPerConnection = 100
let sessions: ClientHttp2Session[] = []
let concurrency = 1
let pushes: Array<{ headers: Record<string, string>, body: string }> = []

async function prepare ({ origin, path, certificate, tokens, ...order }: Order): Promise<void> {
  concurrency = order.concurrency
  pushes = tokens.map((accessToken) => ({
    headers: { ':method': 'POST', ':path': path, accept: 'application/json', 'access-token': accessToken, 'content-type': 'application/json' },
    body: JSON.stringify({ ...message, guid: randomUUID() })
  }))
  if (sessions.length > 0) return
  const ca = await readFile(certificate)
  sessions = Array.from({ length: Math.ceil(concurrency / streamsPerConnection) }, () => connect(origin, { ca }))
  await Promise.all(sessions.map((session) => once(session, 'remoteSettings')))
}

async function pushAll (): Promise<{ pushed: number }> {
  const waiting = pushes.values()
  await Promise.all(Array.from({ length: concurrency }, async (_, index) => {
    const session = sessions[index % sessions.length]
    if (session !== undefined) for (const push of waiting) await send(session, push)
  }))
  return { pushed: pushes.length }
}

function send (session: ClientHttp2Session, { headers, body }: { headers: Record<string, string>, body: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = session.request(headers)
    let status = 0
    stream.on('response', (response) => { status = response[':status'] ?? 0 })
    stream.resume()
    stream.on('end', () => {
      if (status === 200) resolve()
      else reject(new Error(`The provider answered ${status}`))
    })
    stream.on('error', reject)
    stream.end(body)
  })
}
