import { largeAudience, smallAudience } from '../measures/growth.ts'
import type { Figure } from './figure.ts'

export const growthRss: Figure = {
  id: 'growth-rss',
  about: "the worker's peak RSS, large audience − small audience",
  unit: 'MiB',
  target: { atMost: 64 },
  needs: [smallAudience, largeAudience],
  of: (round) => (round.of(largeAudience).peakRssBytes - round.of(smallAudience).peakRssBytes) / 2 ** 20
}
