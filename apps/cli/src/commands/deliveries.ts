import { Option } from 'commander'
import type { Command } from 'commander'
import type { CommandContext } from '../command-context.ts'
import { deliveryTable, explain } from '../notifications/output/delivery-table.ts'
import { deliveryStates } from '../notifications/api/notification.ts'
import type { DeliveryState } from '../notifications/api/notification.ts'
import { openNotificationsApi } from '../notifications/api/notifications-api.ts'
import type { NotificationsApi } from '../notifications/api/notifications-api.ts'
import { wholeNumber } from '../whole-number.ts'

interface Options {
  state?: DeliveryState
  limit?: number
  json?: true
}

export function addDeliveries (program: Command, { env, print }: CommandContext): void {
  const command = program.command('deliveries')
    .summary('show the deliveries of a notification')
    .description('Shows the deliveries of a notification, one per connection; or explains one of them: its attempts and waits, and the reason ' +
      'for its state.')
    .argument('<id>', 'the notification (ntf_…)')
    .argument('[connection]', 'the connection whose delivery to explain (con_…)')
    .addOption(new Option('--state <state>', 'only deliveries in this state').choices(deliveryStates))
    .option('--limit <number>', 'how many at most (all)', wholeNumber(1, 10_000_000))
    .option('--json', 'print JSON: an array, or for one delivery an object')
    .addHelpText('after', more)
    .action(async (id: string, connection: string | undefined, { json, ...options }: Options) => {
      if (connection !== undefined && Object.keys(options).length > 0) command.error('error: --state and --limit work only without a connection')
      const api = await openNotificationsApi(env)
      if (connection !== undefined) {
        const delivery = await api.explain(id, connection)
        for (const line of json === true ? [JSON.stringify(delivery)] : explain(delivery)) print(line)
      } else if (json === true) await printArray(print, api, id, options)
      else await printTable(print, api, id, options)
    })
}

/** Prints one page at a time: all deliveries may not fit into memory. */
async function printArray (print: CommandContext['print'], api: NotificationsApi, id: string, options: Options): Promise<void> {
  let before = '['
  for await (const page of api.deliveries(id, options)) {
    for (const delivery of page) {
      print(`${before}${JSON.stringify(delivery)}`)
      before = ','
    }
  }
  print(before === '[' ? '[]' : ']')
}

async function printTable (print: CommandContext['print'], api: NotificationsApi, id: string, options: Options): Promise<void> {
  let isFirst = true
  for await (const page of api.deliveries(id, options)) {
    if (page.length === 0 && isFirst) return print('There are no deliveries.')
    for (const line of deliveryTable(page).slice(isFirst ? 0 : 1)) print(line)
    isFirst = false
  }
}

const more = `
Examples:
  carillon deliveries ntf_01jd… --state failed
  carillon deliveries ntf_01jd… con_01jc…
  carillon deliveries ntf_01jd… --state parked --json | jq -r '.[].userId'`
