import { broadcastOnPostgres } from '../measures/broadcast.ts'
import { limit } from '../measures/limit.ts'
import type { Figure } from './figure.ts'

export const broadcastPostgres: Figure = {
  id: 'broadcast-postgres',
  about: 'broadcast deliveries/s, one worker, jobs in PostgreSQL : a bare undici loop',
  unit: '×',
  target: { atLeast: 0.45 },
  needs: [limit, broadcastOnPostgres],
  of: (round) => round.of(broadcastOnPostgres).perSecond / round.of(limit).perSecond
}
