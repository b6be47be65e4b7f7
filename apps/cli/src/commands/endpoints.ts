import type { Command } from 'commander'
import type { CommandContext } from '../command-context.ts'
import { openEndpointsApi } from '../endpoints/endpoints-api.ts'
import type { Endpoint } from '../endpoints/endpoints-api.ts'
import { ExitError } from '../exit-error.ts'
import { table } from '../notifications/output/table.ts'
import { omitUndefined } from '../omit-undefined.ts'
import { printable } from '../printable.ts'

interface Output {
  json?: true
}

/** Adds `endpoints` and its subcommands. */
export function addEndpoints (program: Command, context: CommandContext): void {
  const { env, print, named, terminal: { output } } = context
  const endpoints = program.command('endpoints')
    .summary('manage the URLs of your site that receive events')
    .description('Manages the URLs of your site that receive events as signed requests (webhooks).')
    .addHelpText('after', more)

  const subcommand = (name: string, summary: string): Command =>
    endpoints.command(name).summary(summary).description(`${summary[0]?.toUpperCase()}${summary.slice(1)}.`).option('--json', 'print JSON')

  subcommand('list', 'list the endpoints').action(async ({ json }: Output) => {
    const all = await (await openEndpointsApi(env)).list()
    if (json === true) return print(JSON.stringify(all))
    if (all.length === 0) output.write(named('There are no endpoints. Create one with `carillon endpoints create`.\n'))
    else for (const line of table([['ENDPOINT', 'STATUS', 'EVENTS', 'URL'], ...all.map(toRow)])) print(line)
    for (const { id, statusReason } of all) if (statusReason !== null) output.write(`${id}: ${printable(statusReason)}\n`)
  })

  subcommand('create', 'create an endpoint and show its secret once')
    .argument('<url>', 'where events are sent')
    .option('--events <types>', 'types of events, separated by commas (*: all but those of deliveries)', (text) => text.split(','), ['*'])
    .option('--description <text>', 'what the endpoint is for')
    .action(async (url: string, { json, ...fields }: Output & { events: string[], description?: string }) => {
      const api = await openEndpointsApi(env)
      const { secret, ...endpoint } = await api.create({ url, ...omitUndefined(fields), events: fields.events })
      if (json === true) return print(JSON.stringify({ ...endpoint, secret }))
      print(secret)
      output.write(`Created ${endpoint.id}. Copy the secret now: it is not shown again.\n`)
    })

  for (const [name, enabled] of [['enable', true], ['disable', false]] as const) {
    subcommand(name, `${name} an endpoint`).argument('<id>', 'the endpoint (end_…)').action(async (id: string, { json }: Output) => {
      const endpoint = await (await openEndpointsApi(env)).setEnabled(id, enabled)
      print(json === true ? JSON.stringify(endpoint) : `${endpoint.id} is ${endpoint.status}`)
    })
  }

  subcommand('test', 'send a test event now, and show the response')
    .argument('<id>', 'the endpoint (end_…)')
    .action(async (id: string, { json }: Output) => {
      const result = await (await openEndpointsApi(env)).test(id)
      const { ok, status, error, durationMs } = result
      if (json === true) print(JSON.stringify(result))
      else print(printable(`${[status, error].filter((part) => part !== null).join(' ')} (${durationMs} ms)`))
      if (!ok) throw new ExitError(json === true ? '' : 'the endpoint did not accept the event', 1)
    })

  subcommand('rotate', 'replace the secret of an endpoint, and show the new one once')
    .argument('<id>', 'the endpoint (end_…)')
    .action(async (id: string, { json }: Output) => {
      const { secret, ...endpoint } = await (await openEndpointsApi(env)).rotate(id)
      if (json === true) return print(JSON.stringify({ ...endpoint, secret }))
      print(secret)
      output.write('Requests are signed with the earlier secret too for 24 hours.\n')
    })

  endpoints.command('delete').summary('delete an endpoint').description('Deletes an endpoint, with its attempts.')
    .argument('<id>', 'the endpoint (end_…)')
    .action(async (id: string) => {
      await (await openEndpointsApi(env)).remove(id)
      print(`${id} is deleted`)
    })
}

function toRow ({ id, status, events, url }: Endpoint): string[] {
  return [id, status, events.join(','), printable(url)]
}

const more = `
Examples:
  carillon endpoints create https://shop.example/carillon
  carillon endpoints create https://shop.example/carillon --events connection.needs_reauth,connection.connected
  carillon endpoints test end_01jd…`
