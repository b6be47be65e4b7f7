import { broadcastOnPostgres } from '../measures/broadcast.ts'
import type { Figure } from './figure.ts'

/** With jobs in PostgreSQL, where the queue's own statements count too. */
export const sqlBroadcast: Figure = {
  id: 'sql-broadcast',
  about: 'SQL statements per delivery of a broadcast, those of the queue included',
  unit: '',
  target: { atMost: 0.05 },
  needs: [broadcastOnPostgres],
  of: (round) => round.of(broadcastOnPostgres).statementsPerDelivery
}
