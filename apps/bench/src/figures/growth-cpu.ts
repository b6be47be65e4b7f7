import { largeAudience, smallAudience } from '../measures/growth.ts'
import type { Figure } from './figure.ts'

export const growthCpu: Figure = {
  id: 'growth-cpu',
  about: "the worker's CPU time per delivery, large audience : small audience",
  unit: '×',
  target: { atMost: 1.1 },
  needs: [smallAudience, largeAudience],
  of: (round) => round.of(largeAudience).cpuMicrosPerDelivery / round.of(smallAudience).cpuMicrosPerDelivery
}
