import { directDuringBroadcastAt150ms as during } from '../measures/direct.ts'
import { latency } from '../measures/latency.ts'
import type { Figure } from './figure.ts'

export const directDuring150ms: Figure = {
  id: 'direct-during-150ms',
  about: 'the same, provider at 150 ms',
  unit: 'ms',
  target: { atMost: 250 },
  needs: [latency, during],
  of: (round) => round.of(during).p99Ms - round.of(latency).p99Ms
}
