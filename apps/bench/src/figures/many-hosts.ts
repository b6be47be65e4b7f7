import { manyHosts as measured, manyHostsSomeHang as someHang } from '../measures/hosts.ts'
import type { Figure } from './figure.ts'

export const manyHosts: Figure = {
  id: 'many-hosts',
  about: 'broadcast deliveries/s to 1,000 hosts, 5 of which hang : none of which hangs',
  unit: '×',
  target: { atLeast: 0.7 },
  needs: [measured, someHang],
  of: (round) => round.of(someHang).perSecond / round.of(measured).perSecond
}
