import type { Channel } from './channel.ts'
import { email } from './email.ts'
import { slack } from './slack.ts'
import { webpush } from './webpush.ts'

/** The providers that a proof can combine. */
export const channels: Channel[] = [email, slack, webpush]
