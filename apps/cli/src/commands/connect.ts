import { Argument } from 'commander'
import type { Command } from 'commander'
import { definitions } from '@carillon/shared/providers'
import type { ProviderDefinition } from '@carillon/shared/providers'
import type { CommandContext } from '../command-context.ts'
import type { Options } from '../connect/connect.ts'
import { defaultCredentialsPath } from '../connect/default-path.ts'
import { providerIds } from '../connect/provider-ids.ts'
import { wholeNumber } from '../whole-number.ts'

export function addConnect (program: Command, context: CommandContext): void {
  program.command('connect')
    .summary('connect an account of your own, in this terminal')
    .description('Connects an account of your own and keeps its credentials in a file that you alone can read, for programs of yours. It needs ' +
      'neither the API nor a database. The next time it checks what is kept, refreshes it where that is due, and asks nobody.')
    .addArgument(new Argument('<provider>', 'which service').choices(providerIds))
    .argument('[account]', 'pumpio: nick@host; asked for when it is missing')
    .option('--file <path>', 'where credentials are kept', defaultCredentialsPath(context.env))
    .option('--timeout <seconds>', 'how long to wait for you', wholeNumber(1, 86_400), 600)
    .option('--port <port>', 'pushbullet: where the browser comes back to; 0 is any free port', wholeNumber(0, 65_535), 0)
    .option('--token-stdin', 'read an access token from standard input instead of asking for access')
    .option('--again', 'ask for access even when there is a connection')
    .option('--remove', 'end access where the provider lets us, and forget the credentials')
    .option('--json', 'print {"provider", "account", "file", "status"} at the end')
    .addHelpText('after', more)
    .action(async (provider: string, account: string | undefined, options: Options, command: Command) => {
      if ([options.again, options.remove, options.tokenStdin].filter(Boolean).length > 1) {
        command.error('error: --again, --remove and --token-stdin exclude one another')
      }
      // Loaded when needed, as the other commands do without.
      const { connect } = await import('../connect/connect.ts')
      await connect(context, provider, account, options)
    })
}

const more = `
${definitions.flatMap(helpOf).join('\n')}

Services are where the environment says (.env.example). While \`carillon up\` runs in CARILLON_DATA_DIR, its simulators stand in for those
that the environment has no client for. Questions and progress go to standard error, the result to standard output.

Exit codes: 0 connected, 1 failed, 2 not understood, 3 denied, 4 out of time, 130 interrupted

Examples:
  carillon connect blotre
  carillon connect pumpio alice@pump.example
  carillon connect pumpio alice@pump.example --again
  carillon connect pushbullet --token-stdin --json < token
  carillon connect blotre --remove`

function helpOf ({ id, terminal }: ProviderDefinition): string[] {
  return (terminal?.help ?? []).map((line, index) => `${(index === 0 ? id : '').padEnd(12)}${line}`)
}
