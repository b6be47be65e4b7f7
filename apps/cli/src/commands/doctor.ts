import type { Command } from 'commander'
import { colorOf } from '../colors.ts'
import type { CommandContext } from '../command-context.ts'
import { runDoctor } from '../doctor/run-doctor.ts'
import type { Finding } from '../doctor/finding.ts'
import { ExitError } from '../exit-error.ts'
import { readable } from '../operator/readable.ts'
import { wrapText } from '../operator/wrap-text.ts'

export function addDoctor (program: Command, context: CommandContext): void {
  program.command('doctor')
    .summary('check the configuration, the stores and the providers of a deployment')
    .description('Checks what the API and the worker need: the variables in the environment, PostgreSQL, Redis, keys, migrations, clocks, a worker, ' +
      'and whether the providers can be reached. Run it with the environment of the API, or beside `carillon up`. It sends no message, changes nothing, ' +
      'and logs in only at the SMTP server.')
    .option('--json', 'print an array of {level, subject, explanation, nextStep?}')
    .addHelpText('after', more)
    .action(async ({ json }: { json?: true }) => {
      const { env, print } = context
      const findings: Finding[] = []
      await runDoctor(env, (finding) => {
        findings.push(finding)
        if (json !== true) for (const line of describeFinding(finding, context)) print(line)
      })
      if (json === true) print(JSON.stringify(findings))
      if (findings.some(({ level }) => level === 'error')) throw new ExitError('', 1)
    })
}

function describeFinding ({ level, subject, explanation, nextStep }: Finding, { named, colors }: CommandContext): string[] {
  return [
    ...wrapText(`${colorOf(level, colors)(level)}: ${subject}: ${readable(explanation)}`),
    ...nextStep === undefined ? [] : wrapText(`Next: ${named(readable(nextStep))}`, { indent: '  ' })
  ]
}

const more = `
Exit codes: 0 no errors, perhaps warnings; 1 an error; 2 invalid command line

Examples:
  carillon doctor
  carillon doctor --json | jq '.[] | select(.level != "ok")'`
