import { smallHost } from '../measures/hosts.ts'
import type { Figure } from './figure.ts'

export const smallHostUsed: Figure = {
  id: 'small-host-used',
  about: 'the share of the capacity of that host that is used',
  unit: '',
  target: { atLeast: 0.8 },
  needs: [smallHost],
  of: (round) => round.of(smallHost).usedShare
}
