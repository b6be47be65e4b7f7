import { Argument } from 'commander'
import type { Command } from 'commander'
import type { CommandContext } from '../command-context.ts'
import { failureTable, readFailures } from '../notifications/failures.ts'
import { createInterruption } from '../notifications/interruption.ts'
import { describeNotification, notificationTable } from '../notifications/notification-table.ts'
import { openNotificationsApi } from '../notifications/notifications-api.ts'
import type { NotificationsApi, Step } from '../notifications/notifications-api.ts'
import { describeUnreachable } from '../notifications/unreachable.ts'
import { wholeNumber } from '../whole-number.ts'

interface Options {
  watch?: true
  limit?: number
  json?: true
}

const steps: Step[] = ['pause', 'resume', 'cancel', 'retry']

export function addNotifications (program: Command, context: CommandContext): void {
  const command = program.command('notifications')
    .summary('show notifications, and steer them')
    .description('Shows the latest notifications, or one of them; or holds one, goes on with it, ends it, or tries again what has failed.')
    .argument('[id]', 'one of them (ntf_…)')
    .addArgument(new Argument('[step]', 'what to do with it').choices(steps))
    .option('--watch', 'go on showing what changes')
    .option('--limit <number>', 'how many of the latest (20)', wholeNumber(1, 1_000))
    .option('--json', 'print JSON: an array; for one notification an object; with --watch and no id a line per change')
    .addHelpText('after', more)
    .action(async (id: string | undefined, step: Step | undefined, options: Options) => {
      if (id !== undefined && options.limit !== undefined) command.error('error: --limit is for the list')
      const api = await openNotificationsApi(context.env)
      if (id === undefined) await showList(context, api, options)
      else await showOne(context, api, id, step, options)
    })
}

async function showList (context: CommandContext, api: NotificationsApi, { limit = 20, watch, json }: Options): Promise<void> {
  const { print, named, terminal: { output } } = context
  if (watch === true) {
    const { signal } = createInterruption(context)
    const { watchList } = await import('../notifications/watch-list.ts')
    return await watchList(context, api, { limit, json: json === true, signal })
  }
  const notifications = await api.list(limit)
  if (json === true) return print(JSON.stringify(notifications))
  if (notifications.length === 0) output.write(named('There are no notifications yet. `carillon send` and `carillon broadcast` create them.\n'))
  else for (const line of notificationTable(notifications)) print(line)
}

async function showOne (
  context: CommandContext, api: NotificationsApi, id: string, step: Step | undefined, { watch: isWatched, json }: Options
): Promise<void> {
  const { print } = context
  const notification = step === undefined ? await api.find(id) : await api.steer(id, step)
  if (isWatched === true) {
    const { watch } = await import('../notifications/watch.ts')
    return await watch(context, api, notification, { json: json === true, interruption: createInterruption(context) })
  }
  if (json === true) return print(JSON.stringify(notification))
  const failures = step === undefined ? await readFailures(api, id, notification) : []
  const lines = [...describeNotification(notification), ...describeUnreachable(notification)]
  for (const line of failures.length === 0 ? lines : [...lines, '', ...failureTable(failures)]) print(line)
}

const more = `
pause   holds what is not being sent this moment
resume  goes on with what was held
cancel  ends it: what is not being sent this moment will not be
retry   tries again what has failed, and what nobody knows the end of

Exit codes: 0; with an id and --watch only when all of it is sent; 1 otherwise; 2 not understood; 130 interrupted

Examples:
  carillon notifications --limit 5
  carillon notifications ntf_01jd… --watch
  carillon notifications ntf_01jd… pause
  carillon notifications ntf_01jd… retry --watch
  carillon notifications --watch --json | jq -c '{id, status, counts}'`
