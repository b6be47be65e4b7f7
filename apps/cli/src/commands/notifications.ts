import { Option } from 'commander'
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
  json?: true
}

interface ListOptions extends Options {
  limit: number
  status?: Notification['status']
  user?: string
}

const actions: Array<[Action, string]> = [
  ['pause', 'hold the deliveries that are not being sent'],
  ['resume', 'continue'],
  ['cancel', 'cancel the deliveries that wait'],
  ['retry', 'send failed and unknown deliveries again']
]

export function addNotifications (program: Command, context: CommandContext): void {
  const notifications = program.command('notifications')
    .summary('show and control notifications')
    .description('Lists the latest notifications, shows one, or pauses, resumes, cancels or retries one.')
    .addHelpText('after', more)
  addList(notifications, context)
  addOne(notifications, context, 'show', 'show one notification, and what did not arrive')
  for (const [action, summary] of actions) addOne(notifications, context, action, summary)
}

function addList (notifications: Command, context: CommandContext): void {
  const list = notifications.command('list', { isDefault: true })
    .summary('list the latest notifications')
    .addOption(new Option('--status <status>', 'only notifications with this status').choices(notificationStatuses))
    .option('--user <user>', 'only notifications with a delivery to this user, by your id')
    .option('--limit <number>', 'how many of the latest notifications', wholeNumber(1, 1_000), 20)
    .option('--watch', 'keep showing changes')
    .option('--json', 'print a JSON array; with --watch one line per change')
    .argument('[unexpected...]')
    .usage('[options]')
    .action(async ([id]: string[], options: ListOptions) => {
      const hint = id?.startsWith('ntf_') === true ? `; write \`carillon notifications show ${id}\`` : ''
      if (id !== undefined) list.error(`error: unknown command '${id}'${hint}`)
      await showList(context, await openNotificationsApi(context.env), options)
    })
}

function addOne (notifications: Command, context: CommandContext, name: Action | 'show', summary: string): void {
  notifications.command(name)
    .summary(summary)
    .argument('<id>', 'the notification (ntf_…)')
    .option('--watch', 'follow it to its end')
    .option('--json', 'print the notification as JSON; with --watch at its end, with "failures"')
    .action(async (id: string, options: Options) => {
      const api = await openNotificationsApi(context.env)
      await showOne(context, api, id, name === 'show' ? undefined : name, options)
    })
}

async function showList (
  context: CommandContext, api: NotificationsApi, { limit, status, user: userId, watch, json }: ListOptions
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
Exit codes: 0 success, with an id and --watch everything sent; 1 otherwise; 2 invalid command line or request; 130 interrupted

Examples:
  carillon notifications --limit 5
  carillon notifications show ntf_01jd… --watch
  carillon notifications pause ntf_01jd…
  carillon notifications retry ntf_01jd… --watch
  carillon notifications --watch --json | jq -c '{id, status, counts}'`
