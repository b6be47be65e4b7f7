import type { CommandContext } from '../../command-context.ts'
import { ExitError } from '../../exit-error.ts'
import { failureTable, readFailures } from '../output/failures.ts'
import type { Failure } from '../output/failures.ts'
import { count, number, sentOf } from '../output/format.ts'
import { total } from '../api/notification.ts'
import type { Notification } from '../api/notification.ts'
import type { NotificationsApi } from '../api/notifications-api.ts'
import { describeUnreachable } from '../output/describe-unreachable.ts'

/** Prints the result of a notification. Throws ExitError unless everything was sent. */
export async function reportEnd (
  { print, named }: Pick<CommandContext, 'print' | 'named'>, api: NotificationsApi, id: string, { json }: { json: boolean }
): Promise<void> {
  const notification = await api.find(id)
  const failures = await readFailures(api, id, notification)
  if (json) print(JSON.stringify({ ...notification, failures }))
  else for (const line of describeEnd(notification, failures, named)) print(line)
  assertAllArrived(notification)
}

function describeEnd (notification: Notification, failures: Failure[], named: CommandContext['named']): string[] {
  const { id, status, counts } = notification
  const canRetry = status !== 'canceled' && counts.failed + counts.unknown > 0
  return [
    `${id} ${status === 'parked' ? 'waits for users to reconnect' : `is ${status}`}: ${sentOf(counts)}`,
    ...describeUnreachable(notification),
    ...failures.length === 0 ? [] : ['', ...failureTable(failures), '', named(`Show them:   carillon deliveries ${id} --state ${failures[0]?.state}`)],
    ...canRetry ? [named(`Try again:   carillon notifications retry ${id} --watch`)] : []
  ]
}

function assertAllArrived ({ counts, unreachableCount }: Notification): void {
  const all = total(counts)
  if (unreachableCount > 0) throw new ExitError(`${count(unreachableCount, 'user', 'users')} could not be reached`, 1)
  if (all === 0) throw new ExitError('the notification had no deliveries', 1)
  if (counts.sent < all) throw new ExitError(`${number(all - counts.sent)} of ${count(all, 'delivery', 'deliveries')} did not arrive`, 1)
}
