import { singles } from '../measures/singles.ts'
import type { Figure } from './figure.ts'

export const sqlSingle: Figure = {
  id: 'sql-single',
  about: 'SQL statements per single notification, accepted and delivered under load',
  unit: '',
  target: { atMost: 1 },
  needs: [singles],
  of: (round) => round.of(singles).statementsPerDelivery
}
