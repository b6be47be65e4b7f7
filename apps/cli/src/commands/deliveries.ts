import { Option } from 'commander'
import type { Command } from 'commander'
import type { CommandContext } from '../command-context.ts'
import { printPages } from '../lists/print-pages.ts'
import { deliveryTable, explain } from '../notifications/output/delivery-table.ts'
import { deliveryStates } from '../notifications/api/notification.ts'
import type { DeliveryState } from '../notifications/api/notification.ts'
import { openNotificationsApi } from '../notifications/api/notifications-api.ts'
import { wholeNumber } from '../whole-number.ts'

interface Options {
  state?: DeliveryState
  provider?: string
  user?: string
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
    .option('--provider <provider>', 'only deliveries at this provider')
    .option('--user <user>', 'only deliveries to this user, by your id')
    .option('--limit <number>', 'how many at most (all)', wholeNumber(1, 10_000_000))
    .option('--json', 'print JSON: an array, or for one delivery an object')
    .addHelpText('after', more)
    .action(async (id: string, connection: string | undefined, { json, user: userId, ...options }: Options) => {
      const isFiltered = userId !== undefined || Object.keys(options).length > 0
      if (connection !== undefined && isFiltered) command.error('error: the options except --json work only without a connection')
      const api = await openNotificationsApi(env)
      if (connection === undefined) {
        const pages = api.deliveries(id, { ...options, userId })
        await printPages(print, pages, { json: json === true, table: deliveryTable, none: 'There are no deliveries.' })
      } else {
        const delivery = await api.explain(id, connection)
        for (const line of json === true ? [JSON.stringify(delivery)] : explain(delivery)) print(line)
      }
    })
}

const more = `
Examples:
  carillon deliveries ntf_01jd… --state failed
  carillon deliveries ntf_01jd… con_01jc…
  carillon deliveries ntf_01jd… --state parked --json | jq -r '.[].userId'`
