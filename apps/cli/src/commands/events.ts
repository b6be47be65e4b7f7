import type { Command } from 'commander'
import type { CommandContext } from '../command-context.ts'
import { openEventsApi } from '../operator/events-api.ts'
import type { EventFilter, SiteEvent } from '../operator/events-api.ts'
import { followEvents } from '../operator/follow-events.ts'
import { printable } from '../printable.ts'
import { wholeNumber } from '../whole-number.ts'

interface Options extends EventFilter {
  limit: number
  follow?: true
  json?: true
}

export function addEvents (program: Command, { env, print, terminal, onInterrupt }: CommandContext): void {
  program.command('events')
    .summary('show events')
    .description('Shows what changed about connections, handshakes, notifications and providers: the latest events, the newest last.')
    .option('--type <type>', 'only events of this type, such as connection.needs_reauth')
    .option('--user <id>', 'only events about this user')
    .option('--limit <number>', 'how many of the latest', wholeNumber(1, 200), 50)
    .option('-f, --follow', 'then print new events as they are recorded, until Ctrl-C')
    .option('--json', 'print one JSON object per line')
    .addHelpText('after', more)
    .action(async ({ limit, follow, json, ...filter }: Options) => {
      const api = await openEventsApi(env)
      const show = (event: SiteEvent): void => print(json === true ? JSON.stringify(event) : describe(event))
      const latest = await api.latest(filter, limit)
      for (const event of latest) show(event)
      if (follow !== true) {
        if (latest.length === 0 && json !== true) print('There are no events.')
        return
      }
      const interruption = new AbortController()
      const interrupt = (): void => interruption.abort()
      onInterrupt(interrupt, interrupt)
      const onConnection = (isConnected: boolean): void => {
        terminal.output.write(isConnected ? 'the API is back\n' : 'the API does not respond; trying again\n')
      }
      const following = followEvents(api, filter, { after: latest.at(-1)?.id, signal: interruption.signal, onConnection })
      for await (const event of following) show(event)
    })
}

/** One line: the time, the type and the members of the data that have a value. */
function describe ({ createdAt, type, data }: SiteEvent): string {
  const members = Object.entries(data).filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  return printable([createdAt, type, ...members].join('  '))
}

const more = `
The API key needs the scope notifications:read.

Examples:
  carillon events --type connection.needs_reauth
  carillon events --user alice --limit 10
  carillon events --follow --json | jq -r .type`
