import { exampleProvider } from '@carillon/shared/providers'
import type { Command } from 'commander'
import type { CommandContext } from '../command-context.ts'
import { ExitError } from '../exit-error.ts'
import { confirm } from '../notifications/confirm.ts'
import { count, titleOf } from '../notifications/output/format.ts'
import { createInterruption, unlessInterrupted } from '../notifications/interruption.ts'
import { openNotificationsApi } from '../notifications/api/notifications-api.ts'
import { describePreview } from '../notifications/output/describe-preview.ts'
import { printPreview } from '../notifications/output/print-preview.ts'
import { addMessageOptions, toNotificationInput } from '../notifications/message-options.ts'
import type { MessageOptions } from '../notifications/message-options.ts'

/** The command asks before it sends to more connections. */
const maxWithoutQuestion = 100

interface Options extends MessageOptions {
  preview?: true
  watch?: true
  yes?: true
  json?: true
}

export function addBroadcast (program: Command, context: CommandContext): void {
  const command = program.command('broadcast')
    .summary('send a notification to everyone who is connected')
    .description('Sends a notification to everyone who is connected, through the API. Shows the number of connections and the estimated time first, ' +
      `and asks before it sends to more than ${maxWithoutQuestion}. Users who connect later do not get it.`)
  addMessageOptions(command)
    .option('--preview', 'show what each provider would show, and send nothing')
    .option('--watch', 'show the progress until no delivery changes any more')
    .option('--yes', 'do not ask for confirmation')
    .option('--json', 'print the notification as JSON; with --watch at its end, with "failures"; with --preview the preview')
    .addHelpText('after', more)
    .action(async (options: Options) => await broadcast(context, options, command))
}

async function broadcast (
  context: CommandContext, { preview: isPreview, watch: isWatched, yes, json, ...options }: Options, command: Command
): Promise<void> {
  const input = toNotificationInput({ everyone: true }, options, command)
  const { env, print, named, terminal: { output } } = context
  const api = await openNotificationsApi(env)
  const interruption = createInterruption(context)
  const { signal } = interruption

  const preview = await unlessInterrupted(api.preview(input), signal)
  if (isPreview === true) return printPreview(context, preview, input, json === true)
  for (const line of describePreview(preview, input)) output.write(`${line}\n`)
  if (preview.total === 0) throw new ExitError('no user is connected; nothing was sent', 1)
  if (preview.total > maxWithoutQuestion && yes !== true) {
    await confirm(context, `Send to ${count(preview.total, 'connection', 'connections')}?`, interruption)
  }
  const notification = await unlessInterrupted(api.create(input), signal)
  if (isWatched === true) {
    // Loaded only if needed.
    const { watch } = await import('../notifications/watch/watch.ts')
    return await watch(context, api, notification, { json: json === true, interruption })
  }
  if (json === true) return print(JSON.stringify(notification))
  print(`${notification.id} ${titleOf(notification)} is ${notification.status}`)
  output.write(named(`Watch it:  carillon notifications show ${notification.id} --watch\n`))
}

const more = `
Questions and progress go to standard error, results to standard output. Without a terminal, more than ${maxWithoutQuestion} connections require --yes.
Ctrl-C ends the watching, not the broadcast.

Exit codes: 0 accepted, with --watch everything sent; 1 failed, or not everything sent; 2 invalid command line or request; 130 interrupted

Examples:
  carillon broadcast --title 'We are back' --body 'Thank you for waiting.' --watch
  carillon broadcast --title 'Sale' --url https://shop.example/sale --spread-over 600 --yes
  carillon broadcast --title 'Merry Christmas' --send-at 2026-12-24T18:00:00Z --expires-at 2026-12-25T00:00:00Z
  carillon broadcast --title Hello --provider ${exampleProvider} --watch --yes --json | jq .failures`
