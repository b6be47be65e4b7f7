import type { Command } from 'commander'
import type { CommandContext } from '../command-context.ts'
import { ExitError } from '../exit-error.ts'
import { describeStatus } from '../operator/describe-status.ts'
import { readStatus } from '../operator/status-api.ts'

export function addStatus (program: Command, context: CommandContext): void {
  program.command('status')
    .summary('show workers, providers, queues and stores, and what needs attention')
    .description('Shows the state of a deployment through its API: workers, providers, waiting deliveries, database, Redis, migrations and clocks. ' +
      'What needs attention comes first.')
    .option('--json', 'print one JSON object')
    .addHelpText('after', more)
    .action(async ({ json }: { json?: true }) => {
      const status = await readStatus(context.env)
      for (const line of json === true ? [JSON.stringify(status)] : describeStatus(status, context)) context.print(line)
      if (!status.ok) throw new ExitError('', 1)
    })
}

const more = `
The API key needs the scope notifications:read.

Exit codes: 0 nothing needs attention; 1 something does, or the API does not respond; 2 invalid command line

Examples:
  carillon status
  carillon status --json | jq '.attention'`
