import { directDuringBroadcast as during } from '../measures/direct.ts'
import { latency } from '../measures/latency.ts'
import type { Figure } from './figure.ts'

export const directDuringBroadcast: Figure = {
  id: 'direct-during-broadcast',
  about: 'from POST to the request at the provider, p99, while a broadcast to the large audience runs − idle',
  unit: 'ms',
  target: { atMost: 250 },
  needs: [latency, during],
  of: (round) => round.of(during).p99Ms - round.of(latency).p99Ms
}
