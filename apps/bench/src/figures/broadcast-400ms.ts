import { broadcastAt400ms as measured } from '../measures/broadcast.ts'
import { limitAt400ms as limit } from '../measures/limit.ts'
import type { Figure } from './figure.ts'

export const broadcast400ms: Figure = {
  id: 'broadcast-400ms',
  about: 'broadcast deliveries/s, provider at 400 ms : a bare undici loop with 2,000 requests in flight',
  unit: '×',
  target: { atLeast: 0.7 },
  needs: [limit, measured],
  of: (round) => round.of(measured).perSecond / round.of(limit).perSecond
}
