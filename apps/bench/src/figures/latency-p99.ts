import { bareLatency, latency } from '../measures/latency.ts'
import type { Figure } from './figure.ts'

export const latencyP99: Figure = {
  id: 'latency-p99',
  about: 'the same, p99',
  unit: 'ms',
  target: { atMost: 40 },
  needs: [bareLatency, latency],
  of: (round) => round.of(latency).p99Ms - round.of(bareLatency).p99Ms
}
