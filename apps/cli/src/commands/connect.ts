import { Argument } from 'commander'
import type { Command } from 'commander'
import { readDefinitions } from '@carillon/shared/config'
import type { ProviderDefinition } from '@carillon/shared/providers'
import type { CommandContext } from '../command-context.ts'
import type { Options } from '../connect/connect.ts'
import { configPath } from '../profiles/config-path.ts'
import { wholeNumber } from '../whole-number.ts'

type Definitions = readonly ProviderDefinition[]

export function addConnect (program: Command, context: CommandContext): void {
  const { definitions } = readDefinitions(context.env)
  program.command('connect')
    .summary('connect an account of your own in this terminal')
    .description('Connects an account of your own and stores its credentials for your programs, in a file that other users cannot read. It needs ' +
      'neither the API nor a database. The next run checks the stored credentials and refreshes them if they expired.')
    .addArgument(providerArgument(definitions))
    .argument('[account]', accountHelp(definitions))
    .option('--file <path>', 'where to store the credentials', configPath(context.env, 'credentials.json'))
    .option('--timeout <seconds>', 'how long to wait for you, in seconds', wholeNumber(1, 86_400), 600)
    .option('--port <port>', portHelp(definitions), wholeNumber(0, 65_535), 0)
    .option('--token-stdin', 'read an access token from standard input')
    .option('--again', 'ask for access again, even if you are connected')
    .option('--remove', 'revoke the access if the provider supports it, and delete the credentials')
    .option('--json', 'print {"provider", "account", "file", "status"} at the end')
    .addHelpText('after', helpText(definitions))
    .action(async (provider: string, account: string | undefined, options: Options, command: Command) => {
      if ([options.again, options.remove, options.tokenStdin].filter(Boolean).length > 1) {
        command.error('error: --again, --remove and --token-stdin exclude one another')
      }
      // Loaded only if needed.
      const { connect } = await import('../connect/connect.ts')
      await connect(context, provider, account, options)
    })
}

/** The choices are for the help. A running `carillon up` may know more providers, so the command itself checks the id. */
function providerArgument (definitions: Definitions): Argument {
  const ids = definitions.filter(({ terminal }) => terminal !== undefined).map(({ id }) => id)
  return new Argument('<provider>', 'the service').choices(ids).argParser((id: string) => id)
}

function accountHelp (definitions: Definitions): string {
  return definitions.flatMap(({ id, terminal }) => terminal?.account === undefined ? [] : [`${id}: ${terminal.account}`]).join('; ')
}

function portHelp (definitions: Definitions): string {
  const ids = definitions.filter(({ terminal }) => terminal?.usesPort === true).map(({ id }) => id)
  return `${ids.join(', ')}: the port to which the browser comes back; 0 is any free port`
}

function helpText (definitions: Definitions): string {
  const width = Math.max(10, ...definitions.map(({ id }) => id.length)) + 2
  const elsewhere = definitions.filter(({ terminal }) => terminal === undefined).map(({ name }) => name)
  return `
${definitions.flatMap((definition) => helpOf(definition, width)).join('\n')}

Users connect the other providers on the connect page in a browser: ${elsewhere.join(', ')}.

The environment configures the services (.env.example). While \`carillon up\` runs in CARILLON_DATA_DIR, its simulators replace the services
that have no client in the environment. Questions and progress go to standard error, the result to standard output.
OAUTH2_PROVIDERS adds OAuth 2 services of your own, each with its id.

Exit codes: 0 connected, 1 failed, 2 invalid command line, 3 denied, 4 timed out, 130 interrupted

Examples:
${definitions.flatMap(examplesOf).join('\n')}`
}

function examplesOf ({ id, terminal }: ProviderDefinition): string[] {
  return (terminal?.examples ?? []).map((line) => `  carillon connect ${id} ${line}`.trimEnd())
}

function helpOf ({ id, terminal }: ProviderDefinition, width: number): string[] {
  return (terminal?.help ?? []).map((line, index) => `${(index === 0 ? id : '').padEnd(width)}${line}`)
}
