import { createHash, timingSafeEqual } from 'node:crypto'
import { ProviderError } from '@carillon/http'
import type { InboundEvent, InboundReader } from '../inbound.ts'
import { openBounceServer } from './bounce-server.ts'
import { readBounce } from './read-bounce.ts'
import type { Bounce } from './read-bounce.ts'
import type { ReturnAddresses } from './return-address.ts'

export interface BounceConfig {
  secret: string
  /** Where our own server listens. Absent when another program receives the bounces. */
  server?: { host: string, port: number }
}

/** A bounce may contain the whole mail. */
const maxBytes = 16 * 1024 * 1024

/** Reads a mail to our return address, which a program posts as it arrived, with the secret as bearer token. */
export function createBounceReader (addresses: ReturnAddresses, { secret, server }: BounceConfig, host: string): InboundReader {
  return {
    maxBytes,
    ...server !== undefined && { listen: createListen(server, addresses, secret) },
    async read ({ headers, body }, now) {
      const token = /^Bearer +(.+)$/i.exec(headers['authorization'] ?? '')?.[1] ?? ''
      if (!timingSafeEqual(digest(token), digest(secret))) {
        throw new ProviderError({ kind: 'unauthorized', reason: 'the bearer token is not EMAIL_INBOUND_SECRET' }, host)
      }
      const bounce = await readBounce(body, addresses, now)
      return {
        id: digest(body).toString('hex'),
        events: bounce === undefined ? [] : toEvents(bounce),
        respond: () => ({ body: bounce === undefined ? { result: 'ignored' } : { result: bounce.kind, reason: bounce.reason } })
      }
    }
  }
}

/** Mail arrives at our own server as if a program had posted it, so a repetition counts once there too. */
function createListen (server: NonNullable<BounceConfig['server']>, addresses: ReturnAddresses, secret: string): NonNullable<InboundReader['listen']> {
  const headers = { authorization: `Bearer ${secret}`, 'content-type': 'message/rfc822' }
  return async ({ receive, now, onError }) => await openBounceServer({
    ...server,
    maxBytes,
    onError,
    isReturnAddress: (address) => addresses.isRecent(address, now()),
    receive: async (body) => { await receive({ headers, query: new URLSearchParams(), body }) }
  })
}

/** A soft bounce changes nothing: the server of the recipient may accept the next mail. */
function toEvents ({ kind, recipient, reason }: Bounce): InboundEvent[] {
  const { id: accountId } = recipient
  switch (kind) {
    case 'gone': return [{ kind: 'targetGone', accountId, reason }]
    case 'complaint': return [{ kind: 'unsubscribed', accountId }]
    case 'soft': return []
  }
}

function digest (value: string | Buffer): Buffer {
  return createHash('sha256').update(value).digest()
}
