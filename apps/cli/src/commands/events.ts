import type { Command } from 'commander'
import type { CommandContext } from '../command-context.ts'
import { createInterruption } from '../notifications/interruption.ts'
import { describeEvent } from '../operator/describe-event.ts'
import { openEventsApi } from '../operator/events-api.ts'
import type { EventFilter, SiteEvent } from '../operator/events-api.ts'
import { describeApiState, followEvents } from '../operator/follow-events.ts'
import { wholeNumber } from '../whole-number.ts'

interface Options extends EventFilter {
  limit: number
  follow?: true
  json?: true
}

export function addEvents (program: Command, context: CommandContext): void {
  const { env, print, terminal } = context
  program.command('events')
    .summary('show events')
    .description('Shows what changed about connections, handshakes, notifications and providers: the latest events, the newest last.')
    .option('--type <type>', 'only events of this type, such as connection.needs_reauth')
    .option('--user <id>', 'only events of this user (not of notifications, providers, or deliveries to several users)')
    .option('--limit <number>', 'how many of the latest', wholeNumber(1, 200), 50)
    .option('-f, --follow', 'then print new events as they are recorded, until Ctrl-C')
    .option('--json', 'print one JSON object per line')
    .addHelpText('after', more)
    .action(async ({ limit, follow, json, ...filter }: Options) => {
      const api = await openEventsApi(env)
      const show = (event: SiteEvent): void => print(json === true ? JSON.stringify(event) : describeEvent(event))
      const latest = await api.latest(filter, limit)
      for (const event of latest) show(event)
      if (follow !== true) {
        if (latest.length === 0 && json !== true) print('There are no events.')
        return
      }
      const { signal } = createInterruption(context)
      const onConnection = (isConnected: boolean): void => { terminal.output.write(`${describeApiState(isConnected)}\n`) }
      const following = followEvents(api, filter, { after: latest.at(-1)?.id, signal, onConnection })
      for await (const event of following) show(event)
    })
}

const more = `
The API key needs the scope notifications:read.

Examples:
  carillon events --type connection.needs_reauth
  carillon events --user alice --limit 10
  carillon events --follow --json | jq -r .type`
