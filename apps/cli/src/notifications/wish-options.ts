import { InvalidArgumentError, Option } from 'commander'
import type { Command } from 'commander'
import type { Notification, Wish } from './notification.ts'
import { wholeNumber } from '../whole-number.ts'

export interface WishOptions {
  title?: string
  body?: string
  url?: string
  level?: 'info' | 'success' | 'warning' | 'error'
  provider?: string[]
  sendAt?: string
  expiresAt?: string
  spreadOver?: number
}

/** What every way of ringing somebody takes. */
export function addWishOptions (command: Command): Command {
  return command
    .option('--title <text>', 'what it is about')
    .option('--body <text>', 'what it says')
    .option('--url <url>', 'where it leads; makes it a link')
    .addOption(new Option('--level <level>', 'how it is meant').choices(['info', 'success', 'warning', 'error']))
    .option('--provider <provider...>', 'only through these; all without it')
    .option('--send-at <time>', 'when to begin, such as 2026-12-24T18:00:00Z; local time without the Z', moment)
    .option('--expires-at <time>', 'what is not sent by then is not sent', moment)
    .option('--spread-over <seconds>', 'spread the deliveries over this long', wholeNumber(1, 86_400))
}

export function toWish (audience: Notification['audience'], options: WishOptions, command: Command): Wish {
  const { title, body, url, level, provider: providers, sendAt, expiresAt, spreadOver } = options
  if (title === undefined && body === undefined && url === undefined) {
    command.error('error: say something with --title, --body or --url')
  }
  const message = { type: url === undefined ? 'note' : 'link', ...given({ title, body, url, level }) }
  return { audience, message, ...given({ providers, sendAt, expiresAt, spreadOver }) }
}

function moment (text: string): string {
  const time = new Date(text)
  // A date alone would be midnight in Greenwich, which few mean.
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) || Number.isNaN(time.getTime())) {
    throw new InvalidArgumentError('It takes a date and a time, such as 2026-12-24T18:00:00Z.')
  }
  return time.toISOString()
}

type Given<Fields> = { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> }

/** Without the fields that are undefined. */
export function given<Fields extends object> (fields: Fields): Given<Fields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<Fields>
}
