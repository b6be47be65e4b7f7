import { setTimeout } from 'node:timers/promises'
import { createLogUpdate } from 'log-update'
import type { CommandContext } from '../../command-context.ts'
import { unlessInterrupted } from '../interruption.ts'
import type { Notification } from '../api/notification.ts'
import { notificationTable } from '../output/notification-table.ts'
import type { NotificationFilter, NotificationsApi } from '../api/notifications-api.ts'

export interface ListWatching {
  limit: number
  filter: NotificationFilter
  json: boolean
  signal: AbortSignal
  everyMs?: number
}

/** Shows the latest notifications until the signal aborts: a table on a terminal, otherwise one line per change. */
export async function watchList (
  { print, terminal: { output } }: CommandContext, api: NotificationsApi,
  { limit, filter, json, signal, everyMs = 2_000 }: ListWatching
): Promise<never> {
  const show = json ? eachChange(print, (one) => JSON.stringify(one)) : output.isTTY ? drawn(output) : eachChange(print, asLine)
  while (true) {
    show(await unlessInterrupted(api.list(limit, filter), signal))
    await setTimeout(everyMs, undefined, { signal }).catch(() => signal.throwIfAborted())
  }
}

function drawn (output: CommandContext['terminal']['output']): (notifications: Notification[]) => void {
  const draw = createLogUpdate(output, { showCursor: true })
  return (notifications) => draw(notificationTable(notifications).join('\n'))
}

function eachChange (print: CommandContext['print'], text: (notification: Notification) => string): (notifications: Notification[]) => void {
  let known = new Map<string, string>()
  return (notifications) => {
    const texts = new Map(notifications.map((one) => [one.id, text(one)]))
    // Print the oldest first.
    for (const [id, line] of [...texts].reverse()) if (known.get(id) !== line) print(line)
    known = texts
  }
}

function asLine (notification: Notification): string {
  return notificationTable([notification])[1] ?? ''
}
