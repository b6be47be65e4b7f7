import { resolve } from 'node:path'
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import type { Figure } from './figures/figure.ts'
import { figures } from './figures/figures.ts'
import { openGround } from './ground/ground.ts'
import type { Ground } from './ground/ground.ts'
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

const program = new Command('npm run bench --')
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
  .exitOverride()

let opening: Promise<Ground> | undefined
let closing: Promise<void> | undefined
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => { close().then(() => process.exit(130)) })

try {
  await run(program.parse().opts<Options>())
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
  // Asked to stop: whatever fails now fails for that.
  else if (closing === undefined) {
    process.exitCode = 1
    const ground = await opening?.catch(() => undefined)
    const complaints = await ground?.complaints() ?? []
    process.stderr.write(`\n${[error instanceof Error ? error.message : String(error), ...complaints].join('\n')}\n`)
  }
} finally {
  await close()
}

async function run (options: Options): Promise<void> {
  const begun = Date.now()
  const say = (line: string): void => { process.stderr.write(`${((Date.now() - begun) / 1000).toFixed(0).padStart(4)} s  ${line}\n`) }
  const sizes = { ...options.quick ? quick : full, ...options.rounds !== undefined && { rounds: options.rounds } }
  const profiles = options.profiles === undefined ? undefined : resolve(options.profiles)
  const { PATH = '', HOME = '' } = process.env
  opening = openGround({ sizes, env: { PATH, HOME, NODE_ENV: 'production' }, say, profiles })
  const ground = await opening
  const result = await runBench(ground, options.only ?? figures, say)
  const report = { commit: await describeCommit(), machine: describeMachine(ground), ...result }
  process.stdout.write(`${options.json ? JSON.stringify(report, null, 2) : show(report, figures)}\n`)
}

function close (): Promise<void> {
  // What did not open has closed itself.
  closing ??= Promise.resolve(opening).then((ground) => ground?.close(), () => {})
  return closing
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
