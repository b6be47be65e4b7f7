import { batches } from '../measures/bulk.ts'
import type { Figure } from './figure.ts'

export const acceptBatch: Figure = {
  id: 'accept-batch',
  about: 'notifications accepted/s in batches of 1,000 : COPY of the same rows',
  unit: '×',
  target: { atLeast: 0.1 },
  needs: [batches],
  of: (round) => round.of(batches).perSecond / round.of(batches).copiedPerSecond
}
