import { resolve } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import type { CommandOutput } from './command-output.ts'
import type { Figure } from './figures/figure.ts'
import { figures } from './figures/figures.ts'
import { describeCommit, describeMachine } from './machine.ts'
import { describeTarget, runBench } from './run-bench.ts'
import { show } from './show.ts'
import { full, quick } from './sizes.ts'

interface Options {
  quick: boolean
  json: boolean
  only?: Figure[]
  rounds?: number
  profiles?: string
}

/** Defines `npm run bench`. */
export function createBenchCommand ({ open, say, print }: CommandOutput): Command {
  return new Command('npm run bench --')
    .description('Measures Carillon against what it could be at best, on this machine, and prints ratios.')
    .option('--quick', 'smaller measurements: two minutes instead of fifteen', false)
    .option('--json', 'print {commit, machine, figures, …} instead of tables', false)
    .option('--only <ids>', 'only these figures, separated by commas', readFigures)
    .option('--rounds <count>', `how often everything is measured (${full.rounds})`, readRounds)
    .option('--profiles <folder>', 'have every process leave a CPU profile there, which slows all of them down')
    .addHelpText('after', `
Figures:
${figures.map((figure) => `  ${figure.id.padEnd(24)} ${describeTarget(figure).padEnd(10)} ${figure.about}`).join('\n')}

Progress is told on stderr. The exit code is 0 when everything was measured, whether or not targets were reached, and 1 when
something failed or was lost on the way. A machine that does other things meanwhile measures those.`)
    .action(async (options: Options) => {
      const sizes = { ...options.quick ? quick : full, ...options.rounds !== undefined && { rounds: options.rounds } }
      const profiles = options.profiles === undefined ? undefined : resolve(options.profiles)
      const environment = { ...await open({ profiles }), sizes }
      const result = await runBench(environment, options.only ?? figures, say)
      const report = { commit: await describeCommit(), machine: describeMachine(environment), ...result }
      print(options.json ? JSON.stringify(report, null, 2) : show(report, figures))
    })
}

function readFigures (value: string): Figure[] {
  return value.split(',').map((id) => {
    const figure = figures.find((known) => known.id === id.trim())
    if (figure === undefined) throw new InvalidArgumentError(`There is no figure "${id}"; --help shows which there are.`)
    return figure
  })
}

function readRounds (value: string): number {
  if (!/^[1-9]\d?$/.test(value)) throw new InvalidArgumentError('Expected a number from 1 to 99.')
  return Number(value)
}
