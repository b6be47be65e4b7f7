import { homedir } from 'node:os'
import { join } from 'node:path'
import { Argument } from 'commander'
import type { Command } from 'commander'
import { definitions } from '@carillon/shared/providers'
import type { ProviderDefinition } from '@carillon/shared/providers'
import type { CommandContext } from '../command-context.ts'
import type { Options } from '../connect/connect.ts'
import { wholeNumber } from '../whole-number.ts'

const terminalProviders = definitions.filter(({ terminal }) => terminal !== undefined)

export function addConnect (program: Command, context: CommandContext): void {
  program.command('connect')
    .summary('connect an account of your own in this terminal')
    .description('Connects an account of your own and stores its credentials for your programs, in a file that other users cannot read. It needs ' +
      'neither the API nor a database. The next run checks the stored credentials and refreshes them if they expired.')
    .addArgument(new Argument('<provider>', 'the service').choices(terminalProviders.map(({ id }) => id)))
    .argument('[account]', accountHelp())
    .option('--file <path>', 'where to store the credentials', defaultCredentialsPath(context.env))
    .option('--timeout <seconds>', 'how long to wait for you, in seconds', wholeNumber(1, 86_400), 600)
    .option('--port <port>', portHelp(), wholeNumber(0, 65_535), 0)
    .option('--token-stdin', 'read an access token from standard input')
    .option('--again', 'ask for access again, even if you are connected')
    .option('--remove', 'revoke the access if the provider supports it, and delete the credentials')
    .option('--json', 'print {"provider", "account", "file", "status"} at the end')
    .addHelpText('after', more)
    .action(async (provider: string, account: string | undefined, options: Options, command: Command) => {
      if ([options.again, options.remove, options.tokenStdin].filter(Boolean).length > 1) {
        command.error('error: --again, --remove and --token-stdin exclude one another')
      }
      // Loaded only if needed.
      const { connect } = await import('../connect/connect.ts')
      await connect(context, provider, account, options)
    })
}

/** `$XDG_CONFIG_HOME/carillon/credentials.json`. */
export function defaultCredentialsPath (env: CommandContext['env']): string {
  // The XDG Base Directory Specification says to ignore a relative path.
  const given = env['XDG_CONFIG_HOME'] ?? ''
  return join(given.startsWith('/') ? given : join(env['HOME'] || homedir(), '.config'), 'carillon', 'credentials.json')
}

function accountHelp (): string {
  return definitions.flatMap(({ id, terminal }) => terminal?.account === undefined ? [] : [`${id}: ${terminal.account}`]).join('; ')
}

function portHelp (): string {
  const ids = definitions.filter(({ terminal }) => terminal?.usesPort === true).map(({ id }) => id)
  return `${ids.join(', ')}: the port to which the browser comes back; 0 is any free port`
}

const more = `
${definitions.flatMap(helpOf).join('\n')}

The environment configures the services (.env.example). While \`carillon up\` runs in CARILLON_DATA_DIR, its simulators replace the services
that have no client in the environment. Questions and progress go to standard error, the result to standard output.

Exit codes: 0 connected, 1 failed, 2 invalid command line, 3 denied, 4 timed out, 130 interrupted

Examples:
${definitions.flatMap(examplesOf).join('\n')}`

function examplesOf ({ id, terminal }: ProviderDefinition): string[] {
  return (terminal?.examples ?? []).map((line) => `  carillon connect ${id} ${line}`.trimEnd())
}

function helpOf ({ id, terminal }: ProviderDefinition): string[] {
  return (terminal?.help ?? []).map((line, index) => `${(index === 0 ? id : '').padEnd(12)}${line}`)
}
