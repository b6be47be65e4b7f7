import type { Command } from 'commander'
import type { CommandContext } from '../command-context.ts'
import { ExitError } from '../exit-error.ts'
import { confirm } from '../notifications/confirm.ts'
import { count, titleOf } from '../notifications/in-words.ts'
import { createInterruption, unlessInterrupted } from '../notifications/interruption.ts'
import { openNotificationsApi } from '../notifications/notifications-api.ts'
import { describePreview } from '../notifications/preview-in-words.ts'
import { addWishOptions, toWish } from '../notifications/wish-options.ts'
import type { WishOptions } from '../notifications/wish-options.ts'

/** More than this are not rung by mistake. */
const mostUnasked = 100

interface Options extends WishOptions {
  watch?: true
  yes?: true
  json?: true
}

export function addBroadcast (program: Command, context: CommandContext): void {
  const command = program.command('broadcast')
    .summary('ring everybody who is connected')
    .description('Rings everybody who is connected, through the API. Shows first how many that is and how long it takes, and asks before it ' +
      `rings more than ${mostUnasked}. Users who connect later are not rung.`)
  addWishOptions(command)
    .option('--watch', 'show how it gets on, until nothing moves any more')
    .option('--yes', 'do not ask')
    .option('--json', 'print the notification as JSON; with --watch as it ended, and with "failures"')
    .addHelpText('after', more)
    .action(async (options: Options) => await broadcast(context, options, command))
}

async function broadcast (
  context: CommandContext, { watch: isWatched, yes, json, ...options }: Options, command: Command
): Promise<void> {
  const wish = toWish({ everyone: true }, options, command)
  const { env, print, named, terminal: { output } } = context
  const api = await openNotificationsApi(env)
  const interruption = createInterruption(context)
  const { signal } = interruption

  const preview = await unlessInterrupted(api.preview(wish), signal)
  for (const line of describePreview(preview, wish)) output.write(`${line}\n`)
  if (preview.total === 0) throw new ExitError('nobody is connected; nothing is sent', 1)
  if (preview.total > mostUnasked && yes !== true) {
    await confirm(context, `Ring ${count(preview.total, 'connection', 'connections')}?`, interruption)
  }
  const notification = await unlessInterrupted(api.create(wish), signal)
  if (isWatched === true) {
    // Loaded when needed, as the bars are only drawn then.
    const { watch } = await import('../notifications/watch.ts')
    return await watch(context, api, notification, { json: json === true, interruption })
  }
  if (json === true) return print(JSON.stringify(notification))
  print(`${notification.id} ${titleOf(notification)} is ${notification.status}`)
  output.write(named(`Watch it:  carillon notifications ${notification.id} --watch\n`))
}

const more = `
Questions and progress go to standard error, results to standard output. Where nobody can be asked, more than ${mostUnasked} take --yes.
Ctrl-C ends the watching, not the broadcast.

Exit codes: 0 accepted, with --watch all sent; 1 not all; 2 not understood; 130 interrupted

Examples:
  carillon broadcast --title 'We are back' --body 'Thank you for waiting.' --watch
  carillon broadcast --title 'Sale' --url https://shop.example/sale --spread-over 600 --yes
  carillon broadcast --title 'Merry Christmas' --send-at 2026-12-24T18:00:00Z --expires-at 2026-12-25T00:00:00Z
  carillon broadcast --title Hello --provider pushbullet --watch --yes --json | jq .failures`
