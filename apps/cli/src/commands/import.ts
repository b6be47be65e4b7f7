import type { Command } from 'commander'
import { openApiClient } from '../api-client.ts'
import type { CommandContext } from '../command-context.ts'
import { ExitError } from '../exit-error.ts'
import { importLines } from '../import/import-lines.ts'
import type { ImportTotals } from '../import/import-lines.ts'
import { readLines } from '../import/read-lines.ts'
import { count, number } from '../notifications/output/format.ts'

export function addImport (program: Command, context: CommandContext): void {
  program.command('import')
    .summary('import tokens that your site already holds')
    .description('Imports connections through the API. Each line of FILE is one, as JSON: ' +
      '{"userId", "provider", "credentials": {"accessToken", …}, "account"?: {"id", "name"}}. Without an account, the API asks the provider whose ' +
      'token it is. It creates missing users; a connection that exists gets the new token. A line that cannot be imported does not stop ' +
      'the others. You may run the command again.')
    .argument('<file>', 'newline-delimited JSON, or - for standard input')
    .option('--json', 'print {"imported", "failed", "failures": [{"line", "path"?, "code"?, "message"}]} at the end')
    .addHelpText('after', '\nExit codes: 0 every line was imported; 1 at least one was not; 2 invalid command line')
    .action(async (file: string, { json }: { json?: true }) => await importFile(context, file, json === true))
}

async function importFile ({ env, print, terminal: { output } }: CommandContext, file: string, json: boolean): Promise<void> {
  const totals: ImportTotals = { imported: 0, failed: 0, failures: [] }
  const api = await openApiClient(env)
  try {
    await importLines(readLines(file), api, totals, {
      onFailure: ({ line, path, message }) => {
        if (!json) output.write(`line ${line}: ${path === undefined || path === '' ? '' : `${path} `}${message}\n`)
      },
      onProgress: () => { if (!json) output.write(`${count(totals.imported + totals.failed, 'line', 'lines')} done\n`) }
    })
  } finally {
    // Also after an error: the lines before it were imported.
    print(json ? JSON.stringify(totals) : `${number(totals.imported)} imported, ${number(totals.failed)} failed`)
  }
  // The summary shows the number.
  if (totals.failed > 0) throw new ExitError('', 1)
}
