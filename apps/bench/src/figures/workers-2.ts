import { broadcastAt150ms as one, broadcastByTwoWorkers as two } from '../measures/broadcast.ts'
import type { Figure } from './figure.ts'

export const workers2: Figure = {
  id: 'workers-2',
  about: 'broadcast deliveries/s, provider at 150 ms, jobs in Redis, two workers : one worker',
  unit: '×',
  target: { atLeast: 1.8 },
  needs: [one, two],
  of: (round) => round.of(two).perSecond / round.of(one).perSecond
}
