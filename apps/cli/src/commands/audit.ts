import type { Command } from 'commander'
import type { CommandContext } from '../command-context.ts'
import { auditTable } from '../lists/audit-table.ts'
import type { AuditEntry } from '../lists/audit-table.ts'
import { addListOptions, printList } from '../lists/list-options.ts'
import type { ListOptions } from '../lists/list-options.ts'

interface Options extends ListOptions {
  actor?: string
  action?: string
  target?: string
  user?: string
  after?: string
  before?: string
}

export function addAudit (program: Command, context: CommandContext): void {
  addListOptions(program.command('audit')
    .summary('list the audit trail')
    .description('Lists the audit trail through the API: who changed API keys, connections, teams, users, endpoints and broadcasts, when and from where. The newest entry is first.')
    .option('--actor <actor>', 'only entries of this actor: key_…, usr_…, operator or system')
    .option('--action <action>', 'only entries of this action, such as connection.disconnected')
    .option('--target <id>', 'only entries about this object, such as con_…')
    .option('--user <user>', 'only entries about or by this user, by your id')
    .option('--after <time>', 'only entries of this time or later, such as 2026-11-30T10:00:00Z')
    .option('--before <time>', 'only entries before this time'))
    .addHelpText('after', more)
    .action(async ({ actor, action, target: targetId, user: userId, after, before, ...options }: Options) => {
      const query = { actor, action, targetId, userId, after, before }
      await printList<AuditEntry>(context, options, { path: '/v1/audit', query, table: auditTable, noun: 'entries' })
    })
}

const more = `
The API key needs the scope admin.

Examples:
  carillon audit --user alice
  carillon audit --action endpoint.changed --after 2026-11-01T00:00:00Z
  carillon audit --actor operator --all --json | jq -r '.[] | [.createdAt, .actor.name, .action] | @tsv'`
