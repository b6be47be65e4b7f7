import type { Command } from 'commander'
import type { CommandContext } from '../command-context.ts'
import { addListOptions, printList } from '../lists/list-options.ts'
import type { ListOptions } from '../lists/list-options.ts'
import { userTable } from '../lists/user-table.ts'
import type { User } from '../lists/user-table.ts'

export function addUsers (program: Command, context: CommandContext): void {
  const users = program.command('users')
    .summary('list the users of your site')
    .description('Shows the users of your site, with the number of their connections, through the API.')
  addListOptions(users.command('list', { isDefault: true })
    .summary('list users (the default)')
    .description('Lists users in the order of your ids, with the number of their connections by status.')
    .option('--prefix <text>', 'only users whose ids begin with this text'))
    .addHelpText('after', more)
    .action(async ({ prefix, ...options }: ListOptions & { prefix?: string }) => {
      await printList<User>(context, options, { path: '/v1/users', query: { prefix }, table: userTable, noun: 'users' })
    })
}

const more = `
The API key needs the scope users:write.

Examples:
  carillon users
  carillon users list --prefix shop: --all
  carillon users list --all --json | jq -r '.[] | select(.connections.active == 0).userId'`
