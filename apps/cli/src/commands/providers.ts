import type { Command } from 'commander'
import { openApiClient } from '../api-client.ts'
import type { CommandContext } from '../command-context.ts'
import { printPages } from '../lists/print-pages.ts'
import { providerTable } from '../operator/provider-table.ts'
import type { Provider } from '../operator/status-api.ts'

export function addProviders (program: Command, context: CommandContext): void {
  program.command('providers')
    .summary('list the providers of this deployment')
    .description('Shows the providers of this deployment and their state through the API.')
    .command('list', { isDefault: true })
    .summary('list providers (the default)')
    .description('Lists the providers with their state and their waiting deliveries.')
    .option('--json', 'print a JSON array, with one provider on each line')
    .addHelpText('after', more)
    .action(async ({ json }: { json?: true }) => {
      const at = new Date().toISOString()
      await printPages(context.print, readProviders(context), {
        json: json === true, table: (providers) => providerTable(providers, at, context.colors), none: 'No provider is offered. Set the variables of a provider (docs/providers.md).'
      })
    })
}

/** The list has one page. */
async function * readProviders ({ env }: CommandContext): AsyncGenerator<Provider[], boolean> {
  const { data } = await (await openApiClient(env)).get('/v1/providers') as { data: Provider[] }
  yield data
  return false
}

const more = `
The API key needs the scope notifications:read.

Examples:
  carillon providers
  carillon providers list --json | jq -r '.[] | select(.waiting.due > 0).provider'`
