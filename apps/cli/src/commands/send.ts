import type { Command } from 'commander'
import type { CommandContext } from '../command-context.ts'
import { ExitError } from '../exit-error.ts'
import { count, titleOf } from '../notifications/output/format.ts'
import type { Notification } from '../notifications/api/notification.ts'
import { createInterruption, unlessInterrupted } from '../notifications/interruption.ts'
import { openNotificationsApi } from '../notifications/api/notifications-api.ts'
import { printPreview } from '../notifications/output/print-preview.ts'
import { describeUnreachable } from '../notifications/output/describe-unreachable.ts'
import { addMessageOptions, toNotificationInput } from '../notifications/message-options.ts'
import type { MessageOptions } from '../notifications/message-options.ts'

interface Options extends MessageOptions {
  preview?: true
  to?: string[]
  team?: string[]
  watch?: true
  wait?: true
  json?: true
}

export function addSend (program: Command, context: CommandContext): void {
  const command = program.command('send')
    .summary('send a notification to users, or to the members of teams')
    .description('Sends a notification to every connection of the users, through the API, and lists the users that it cannot reach.')
    .option('--to <user...>', "users, by your site's own ids")
    .option('--team <team...>', "all members of these teams, by your site's own ids")
  addMessageOptions(command)
    .option('--preview', 'show what each provider would show, and send nothing')
    .option('--wait', 'wait until no delivery changes any more, and show the result')
    .option('--watch', 'the same as --wait')
    .option('--json', 'print the notification as JSON; with --wait at its end, with "failures"; with --preview the preview')
    .addHelpText('after', more)
    .action(async (options: Options) => await send(context, options, command))
}

async function send (
  context: CommandContext, { to, team, preview: isPreview, watch: isWatched, wait, json, ...options }: Options, command: Command
): Promise<void> {
  const input = toNotificationInput(audienceFor(to, team, command), options, command)
  const { env, print, terminal: { output } } = context
  const api = await openNotificationsApi(env)
  const interruption = createInterruption(context)
  if (isPreview === true) {
    return printPreview(context, await unlessInterrupted(api.preview(input), interruption.signal), input, json === true)
  }
  const notification = await unlessInterrupted(api.create(input), interruption.signal)
  if (isWatched === true || wait === true) {
    const { watch } = await import('../notifications/watch/watch.ts')
    return await watch(context, api, notification, { json: json === true, interruption })
  }
  const { id, deliveries } = notification
  if (json === true) print(JSON.stringify(notification))
  else {
    print(`${id} ${titleOf(notification)} goes to ${count(deliveries, 'connection', 'connections')}`)
    for (const line of describeUnreachable(notification)) output.write(`${line}\n`)
  }
  if (deliveries === 0) throw new ExitError('no user could be reached', 1)
}

function audienceFor (to: string[] | undefined, team: string[] | undefined, command: Command): Notification['audience'] {
  if ((to === undefined) === (team === undefined)) command.error('error: name the recipients with either --to <user...> or --team <team...>')
  return to === undefined ? { teamIds: [...new Set(team)] } : { userIds: [...new Set(to)] }
}

const more = `
Exit codes: 0 sent to at least one connection, with --wait everything sent and every user reached; 1 otherwise; 2 invalid command line or
request; 130 interrupted

Examples:
  carillon send --to alice --title 'Your order is on its way'
  carillon send --to alice bob --body 'The build is broken' --url https://ci.example/7 --level error --wait
  carillon send --to alice --title 'Order 7' --action 'Track it=https://shop.example/7' --urgency high --preview
  carillon send --team crew --title 'We meet at noon'
  carillon send --to "$USER" --title Done --json | jq -r .id`
