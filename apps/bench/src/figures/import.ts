import { imports } from '../measures/bulk.ts'
import type { Figure } from './figure.ts'

export const importConnections: Figure = {
  id: 'import',
  about: 'connections imported/s, 1,000 per request : COPY of the same rows',
  unit: '×',
  target: { atLeast: 0.05 },
  needs: [imports],
  of: (round) => round.of(imports).perSecond / round.of(imports).copiedPerSecond
}
