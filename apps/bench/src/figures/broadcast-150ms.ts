import { broadcastAt150ms as measured } from '../measures/broadcast.ts'
import { limitAt150ms as limit } from '../measures/limit.ts'
import type { Figure } from './figure.ts'

export const broadcast150ms: Figure = {
  id: 'broadcast-150ms',
  about: 'broadcast deliveries/s, provider at 150 ms : a bare undici loop with 2,000 requests in flight',
  unit: '×',
  target: { atLeast: 0.7 },
  needs: [limit, measured],
  of: (round) => round.of(measured).perSecond / round.of(limit).perSecond
}
