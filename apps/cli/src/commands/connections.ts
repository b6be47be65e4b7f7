import { Option } from 'commander'
import type { Command } from 'commander'
import { exampleProvider } from '@carillon/shared/providers'
import type { CommandContext } from '../command-context.ts'
import { connectionStatuses, connectionTable } from '../lists/connection-table.ts'
import type { Connection } from '../lists/connection-table.ts'
import { addListOptions, printList } from '../lists/list-options.ts'
import type { ListOptions } from '../lists/list-options.ts'

interface Options extends ListOptions {
  user?: string
  team?: string
  provider?: string
  status?: Connection['status']
}

export function addConnections (program: Command, context: CommandContext): void {
  const connections = program.command('connections')
    .summary('list the connections of users and teams')
    .description('Shows the connections of users and teams through the API. `carillon connect` connects an account of your own.')
  addListOptions(connections.command('list', { isDefault: true })
    .summary('list connections (the default)')
    .description('Lists connections, the oldest first.')
    .option('--user <user>', 'only those of this user, by your id')
    .option('--team <team>', 'only those of this team, by your id')
    .option('--provider <provider>', 'only those at this provider')
    .addOption(new Option('--status <status>', 'only those with this status').choices(connectionStatuses)))
    .addHelpText('after', more)
    .action(async ({ user: userId, team: teamId, provider, status, ...options }: Options) => {
      const query = { userId, teamId, provider, status }
      await printList<Connection>(context, options, { path: '/v1/connections', query, table: connectionTable, noun: 'connections' })
    })
}

const more = `
The API key needs the scope connections:read.

Examples:
  carillon connections --user alice
  carillon connections list --provider ${exampleProvider} --status needsReauth
  carillon connections list --status needsReauth --all --json | jq -r '.[].userId'`
