import { bareLatency, latency } from '../measures/latency.ts'
import type { Figure } from './figure.ts'

export const latencyP50: Figure = {
  id: 'latency-p50',
  about: 'from POST to the request at the provider, idle, p50 − a bare route and one provider request',
  unit: 'ms',
  target: { atMost: 10 },
  needs: [bareLatency, latency],
  of: (round) => round.of(latency).p50Ms - round.of(bareLatency).p50Ms
}
