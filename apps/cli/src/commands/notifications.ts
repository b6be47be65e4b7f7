import { Argument, Option } from 'commander'
import type { Command } from 'commander'
import type { CommandContext } from '../command-context.ts'
import { failureTable, readFailures } from '../notifications/output/failures.ts'
import { createInterruption } from '../notifications/interruption.ts'
import { describeNotification, notificationTable } from '../notifications/output/notification-table.ts'
import { notificationStatuses } from '../notifications/api/notification.ts'
import type { Notification } from '../notifications/api/notification.ts'
import { openNotificationsApi } from '../notifications/api/notifications-api.ts'
import type { Action, NotificationsApi } from '../notifications/api/notifications-api.ts'
import { describeUnreachable } from '../notifications/output/describe-unreachable.ts'
import { wholeNumber } from '../whole-number.ts'

interface Options {
  watch?: true
  limit?: number
  status?: Notification['status']
  user?: string
  json?: true
}

const actions: Action[] = ['pause', 'resume', 'cancel', 'retry']

export function addNotifications (program: Command, context: CommandContext): void {
  const command = program.command('notifications')
    .summary('show and control notifications')
    .description('Shows the latest notifications or one of them, or pauses, resumes, cancels or retries one.')
    .argument('[id]', 'the notification (ntf_…)')
    .addArgument(new Argument('[action]', 'what to do with it').choices(actions))
    .option('--watch', 'keep showing changes')
    .addOption(new Option('--status <status>', 'only notifications with this status').choices(notificationStatuses))
    .option('--user <user>', 'only notifications with a delivery to this user, by your id')
    .option('--limit <number>', 'how many of the latest notifications (20)', wholeNumber(1, 1_000))
    .option('--json', 'print JSON: an array; for one notification an object; with --watch and no id one line per change')
    .addHelpText('after', more)
    .action(async (id: string | undefined, action: Action | undefined, options: Options) => {
      const { limit, status, user } = options
      if (id !== undefined && [limit, status, user].some((option) => option !== undefined)) {
        command.error('error: --limit, --status and --user work only without an id')
      }
      const api = await openNotificationsApi(context.env)
      if (id === undefined) await showList(context, api, options)
      else await showOne(context, api, id, action, options)
    })
}

async function showList (
  context: CommandContext, api: NotificationsApi, { limit = 20, status, user: userId, watch, json }: Options
): Promise<void> {
  const { print, named, terminal: { output } } = context
  const filter = { status, userId }
  if (watch === true) {
    const { signal } = createInterruption(context)
    const { watchList } = await import('../notifications/watch/watch-list.ts')
    return await watchList(context, api, { limit, filter, json: json === true, signal })
  }
  const notifications = await api.list(limit, filter)
  if (json === true) return print(JSON.stringify(notifications))
  if (notifications.length > 0) for (const line of notificationTable(notifications)) print(line)
  else if (status !== undefined || userId !== undefined) output.write('There are no such notifications.\n')
  else output.write(named('There are no notifications yet. `carillon send` and `carillon broadcast` create them.\n'))
}

async function showOne (
  context: CommandContext, api: NotificationsApi, id: string, action: Action | undefined, { watch: isWatched, json }: Options
): Promise<void> {
  const { print } = context
  const notification = action === undefined ? await api.find(id) : await api.control(id, action)
  if (isWatched === true) {
    const { watch } = await import('../notifications/watch/watch.ts')
    return await watch(context, api, notification, { json: json === true, interruption: createInterruption(context) })
  }
  if (json === true) return print(JSON.stringify(notification))
  const failures = action === undefined ? await readFailures(api, id, notification) : []
  const lines = [...describeNotification(notification), ...describeUnreachable(notification)]
  for (const line of failures.length === 0 ? lines : [...lines, '', ...failureTable(failures)]) print(line)
}

const more = `
pause   hold the deliveries that are not being sent
resume  continue
cancel  cancel the deliveries that wait
retry   send failed and unknown deliveries again

Exit codes: 0 success, with an id and --watch everything sent; 1 otherwise; 2 invalid command line or request; 130 interrupted

Examples:
  carillon notifications --limit 5
  carillon notifications --status parked
  carillon notifications --user alice
  carillon notifications ntf_01jd… --watch
  carillon notifications ntf_01jd… pause
  carillon notifications ntf_01jd… retry --watch
  carillon notifications --watch --json | jq -c '{id, status, counts}'`
