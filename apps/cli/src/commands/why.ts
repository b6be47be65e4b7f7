import type { Command } from 'commander'
import type { CommandContext } from '../command-context.ts'
import { describeRecipient, describeUser } from '../operator/describe-explanation.ts'
import { openWhyApi } from '../operator/why-api.ts'

export function addWhy (program: Command, context: CommandContext): void {
  program.command('why')
    .summary('explain why a user did or did not get a notification')
    .description('Explains in plain sentences why a user did or did not get a notification, and what to do next. Without a notification: ' +
      "the user's connections and the last notifications.")
    .argument('<user>', 'your id of the user')
    .argument('[notification]', 'the notification (ntf_…)')
    .option('--json', 'print one JSON object')
    .addHelpText('after', more)
    .action(async (user: string, notification: string | undefined, { json }: { json?: true }) => {
      const api = await openWhyApi(context.env)
      const lines = notification === undefined
        ? describe(await api.explainUser(user), describeUser)
        : describe(await api.explainRecipient(notification, user), describeRecipient)
      for (const line of lines) context.print(line)

      function describe<Result> (result: Result, toLines: (result: Result, output: CommandContext) => string[]): string[] {
        return json === true ? [JSON.stringify(result)] : toLines(result, context)
      }
    })
}

const more = `
The API key needs the scopes notifications:read and connections:read.

Examples:
  carillon why alice
  carillon why alice ntf_01jd…
  carillon why alice ntf_01jd… --json | jq -r .received`
