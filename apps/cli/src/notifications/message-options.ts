import { InvalidArgumentError, Option } from 'commander'
import type { Command } from 'commander'
import type { Message, MessageAction, Notification, NotificationInput } from './api/notification.ts'
import { omitUndefined } from '../omit-undefined.ts'
import { wholeNumber } from '../whole-number.ts'

export interface MessageOptions {
  title?: string
  body?: string
  url?: string
  level?: NonNullable<Message['level']>
  image?: string
  action?: MessageAction[]
  urgency?: NonNullable<Message['urgency']>
  collapseKey?: string
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
    .option('--image <url>', 'a picture, by its https URL')
    .option('--action <title=url>', "a button or link, such as 'Track it=https://shop.example/7'; up to 5, each with its own --action", action)
    .addOption(new Option('--urgency <urgency>', 'how much it may disturb (normal)').choices(['low', 'normal', 'high', 'critical']))
    .option('--collapse-key <key>', 'a later message with the same key replaces this one, where the provider can do that')
    .option('--provider <provider...>', 'send only through these providers (all)')
    .option('--send-at <time>', 'when to start, such as 2026-12-24T18:00:00Z; without the Z, local time', moment)
    .option('--expires-at <time>', 'when to stop sending', moment)
    .option('--spread-over <seconds>', 'spread the deliveries over this time', wholeNumber(1, 86_400))
}

export function toNotificationInput (audience: Notification['audience'], options: MessageOptions, command: Command): NotificationInput {
  const { title, body, url, level, image, action: actions, urgency, collapseKey } = options
  const { provider: providers, sendAt, expiresAt, spreadOver } = options
  if (title === undefined && body === undefined && url === undefined) {
    command.error('error: write a message with --title, --body or --url')
  }
  const content = omitUndefined({ title, body, url, level, image, actions, urgency, collapseKey })
  const message = { type: url === undefined ? 'note' : 'link', ...content }
  return { audience, message, ...omitUndefined({ providers, sendAt, expiresAt, spreadOver }) }
}

function action (text: string, earlier: MessageAction[] = []): MessageAction[] {
  // A title may contain "=", and so may a URL.
  const [, title, url] = /^(.+?)=(https?:\/\/.+)$/i.exec(text) ?? []
  if (title === undefined || url === undefined) throw new InvalidArgumentError("Expected a title and a URL, such as 'Track it=https://shop.example/7'.")
  return [...earlier, { title: title.trim(), url }]
}

function moment (text: string): string {
  const time = new Date(text)
  // A date without a time would be midnight UTC, which is rarely intended.
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) || Number.isNaN(time.getTime())) {
    throw new InvalidArgumentError('Expected a date and a time, such as 2026-12-24T18:00:00Z.')
  }
  return time.toISOString()
}
