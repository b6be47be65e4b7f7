import { InvalidArgumentError, Option } from 'commander'
import type { Command } from 'commander'
import type { Notification, NotificationInput } from './api/notification.ts'
import { omitUndefined } from '../omit-undefined.ts'
import { wholeNumber } from '../whole-number.ts'

export interface MessageOptions {
  title?: string
  body?: string
  url?: string
  level?: 'info' | 'success' | 'warning' | 'error'
  provider?: string[]
  sendAt?: string
  expiresAt?: string
  spreadOver?: number
}

/** Adds the options that `send` and `broadcast` share. */
export function addMessageOptions (command: Command): Command {
  return command
    .option('--title <text>', 'the title')
    .option('--body <text>', 'the text')
    .option('--url <url>', 'a URL; makes the message a link')
    .addOption(new Option('--level <level>', 'severity').choices(['info', 'success', 'warning', 'error']))
    .option('--provider <provider...>', 'send only through these providers (all)')
    .option('--send-at <time>', 'when to start, such as 2026-12-24T18:00:00Z; without the Z, local time', moment)
    .option('--expires-at <time>', 'when to stop sending', moment)
    .option('--spread-over <seconds>', 'spread the deliveries over this time', wholeNumber(1, 86_400))
}

export function toNotificationInput (audience: Notification['audience'], options: MessageOptions, command: Command): NotificationInput {
  const { title, body, url, level, provider: providers, sendAt, expiresAt, spreadOver } = options
  if (title === undefined && body === undefined && url === undefined) {
    command.error('error: write a message with --title, --body or --url')
  }
  const message = { type: url === undefined ? 'note' : 'link', ...omitUndefined({ title, body, url, level }) }
  return { audience, message, ...omitUndefined({ providers, sendAt, expiresAt, spreadOver }) }
}

function moment (text: string): string {
  const time = new Date(text)
  // A date without a time would be midnight UTC, which is rarely intended.
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) || Number.isNaN(time.getTime())) {
    throw new InvalidArgumentError('Expected a date and a time, such as 2026-12-24T18:00:00Z.')
  }
  return time.toISOString()
}
