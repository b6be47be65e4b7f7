import { broadcastOnRedis } from '../measures/broadcast.ts'
import { limit } from '../measures/limit.ts'
import type { Figure } from './figure.ts'

export const broadcastRedis: Figure = {
  id: 'broadcast-redis',
  about: 'broadcast deliveries/s, one worker, jobs in Redis : a bare undici loop',
  unit: '×',
  target: { atLeast: 0.45 },
  needs: [limit, broadcastOnRedis],
  of: (round) => round.of(broadcastOnRedis).perSecond / round.of(limit).perSecond
}
