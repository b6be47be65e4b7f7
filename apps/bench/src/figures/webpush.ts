import { webpushBroadcast } from '../measures/channel-broadcast.ts'
import { webpushLimit } from '../measures/channel-limit.ts'
import type { Figure } from './figure.ts'

export const webpush: Figure = {
  id: 'webpush',
  about: 'Web Push messages/s, encrypted : a bare loop that encrypts and sends',
  unit: '×',
  target: { atLeast: 0.6 },
  needs: [webpushLimit, webpushBroadcast],
  of: (round) => round.of(webpushBroadcast).perSecond / round.of(webpushLimit).perSecond
}
