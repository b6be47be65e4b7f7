import type { Command } from 'commander'
import { openApiClient } from '../api-client.ts'
import type { CommandContext } from '../command-context.ts'
import { addListOptions, printList } from '../lists/list-options.ts'
import type { ListOptions } from '../lists/list-options.ts'
import { userTable } from '../lists/user-table.ts'
import type { User } from '../lists/user-table.ts'
import { confirm } from '../notifications/confirm.ts'
import { createInterruption } from '../notifications/interruption.ts'
import { describeDeletion } from '../operator/describe-deletion.ts'
import type { UserDeletion } from '../operator/describe-deletion.ts'
import { printable } from '../printable.ts'

export function addUsers (program: Command, context: CommandContext): void {
  const users = program.command('users')
    .summary('list, export and delete the users of your site')
    .description('Lists the users of your site, exports the data of a user, or deletes a user, through the API.')
  addListOptions(users.command('list', { isDefault: true })
    .summary('list users (the default)')
    .description('Lists users in the order of your ids, with the number of their connections by status.')
    .option('--prefix <text>', 'only users whose ids begin with this text'))
    .action(async ({ prefix, ...options }: ListOptions & { prefix?: string }) => {
      await printList<User>(context, options, { path: '/v1/users', query: { prefix }, table: userTable, noun: 'users' })
    })
  users.command('export')
    .summary('export the data of a user as JSON')
    .description('Prints everything that is stored about the user as one JSON document, without credentials.')
    .argument('<user>', 'the user, by your id')
    .action(async (userId: string) => {
      const { lines } = await openApiClient(context.env)
      for await (const line of lines(pathOf(userId, '/export'))) context.print(line)
    })
  users.command('delete')
    .summary('delete a user and the data')
    .description('Ends all access of the user at once. A worker then revokes the access at the providers and erases the data. Asks for confirmation.')
    .argument('<user>', 'the user, by your id')
    .option('--yes', 'do not ask for confirmation')
    .option('--json', 'print the report as JSON')
    .action(async (userId: string, options: DeleteOptions) => await deleteUser(context, userId, options))
  users.addHelpText('after', more)
}

interface DeleteOptions {
  yes?: true
  json?: true
}

/** Repeating the command shows the present state of the deletion. */
async function deleteUser (context: CommandContext, userId: string, { yes, json }: DeleteOptions): Promise<void> {
  const { env, print } = context
  const api = await openApiClient(env)
  if (yes !== true) {
    const question = `Delete ${printable(userId)} with all connections and data? This cannot be undone.`
    await confirm(context, question, createInterruption(context), 'nothing was deleted')
  }
  const deletion = await api.remove(pathOf(userId)) as UserDeletion
  if (json === true) return print(JSON.stringify(deletion))
  for (const line of describeDeletion(deletion)) print(line)
}

function pathOf (userId: string, action = ''): string {
  return `/v1/users/${encodeURIComponent(userId)}${action}`
}

const more = `
The API key needs the scope users:write.

Examples:
  carillon users
  carillon users list --prefix shop: --all
  carillon users export alice > alice.json
  carillon users delete alice
  carillon users list --all --json | jq -r '.[] | select(.connections.active == 0).userId'`
