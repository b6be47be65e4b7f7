import { broadcastOverTls as measured } from '../measures/broadcast.ts'
import { limitOverTls as limit } from '../measures/limit.ts'
import type { Figure } from './figure.ts'

export const broadcastTlsH2: Figure = {
  id: 'broadcast-tls-h2',
  about: 'broadcast deliveries/s over TLS with HTTP/2 : a bare loop of node:http2',
  unit: '×',
  target: { atLeast: 0.5 },
  needs: [limit, measured],
  of: (round) => round.of(measured).perSecond / round.of(limit).perSecond
}
