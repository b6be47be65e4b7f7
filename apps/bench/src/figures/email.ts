import { emailBroadcast } from '../measures/channel-broadcast.ts'
import { emailLimit } from '../measures/channel-limit.ts'
import type { Figure } from './figure.ts'

export const email: Figure = {
  id: 'email',
  about: 'e-mails/s, five SMTP connections : a bare nodemailer loop',
  unit: '×',
  target: { atLeast: 0.6 },
  needs: [emailLimit, emailBroadcast],
  of: (round) => round.of(emailBroadcast).perSecond / round.of(emailLimit).perSecond
}
