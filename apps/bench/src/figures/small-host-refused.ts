import { smallHost } from '../measures/hosts.ts'
import type { Figure } from './figure.ts'

export const smallHostRefused: Figure = {
  id: 'small-host-refused',
  about: 'the share of requests that a host refuses because it has 20 already',
  unit: '',
  target: { atMost: 0.01 },
  needs: [smallHost],
  of: (round) => round.of(smallHost).refusedShare
}
