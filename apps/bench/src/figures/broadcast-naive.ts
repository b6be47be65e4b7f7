import { broadcastOnRedis } from '../measures/broadcast.ts'
import { naive } from '../measures/naive.ts'
import type { Figure } from './figure.ts'

export const broadcastNaive: Figure = {
  id: 'broadcast-naive',
  about: 'broadcast deliveries/s, one worker, jobs in Redis : a job per recipient',
  unit: '×',
  target: { atLeast: 10 },
  needs: [naive, broadcastOnRedis],
  of: (round) => round.of(broadcastOnRedis).perSecond / round.of(naive).perSecond
}
