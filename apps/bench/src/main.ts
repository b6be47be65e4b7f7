import { CommanderError } from 'commander'
import { createBenchCommand } from './bench-command.ts'
import type { CommandOutput } from './command-output.ts'
import { openBenchContext } from './environment/bench-context.ts'
import type { BenchContext } from './environment/bench-context.ts'
import { createHostileCommand } from './hostile-command.ts'
import { createProveCommand } from './prove-command.ts'

const startedAt = Date.now()
let opening: Promise<BenchContext> | undefined
let closing: Promise<void> | undefined
let isInterrupted = false
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt)

const output: CommandOutput = {
  open: ({ profiles }) => {
    const { PATH = '', HOME = '', BENCH_BUNDLES: bundles } = process.env
    opening ??= openBenchContext({ env: { PATH, HOME, NODE_ENV: 'production' }, say: output.say, profiles, bundles })
    return opening
  },
  say: (line) => { if (!isInterrupted) process.stderr.write(`${((Date.now() - startedAt) / 1000).toFixed(0).padStart(4)} s  ${line}\n`) },
  print: (text) => { if (!isInterrupted) process.stdout.write(`${text}\n`) },
  fail: () => { process.exitCode = 1 }
}

try {
  const [name, ...rest] = process.argv.slice(2)
  const [command, args] = name === 'prove'
    ? [createProveCommand(output), rest]
    : name === 'hostile' ? [createHostileCommand(output), rest] : [createBenchCommand(output), process.argv.slice(2)]
  await command.exitOverride().parseAsync(args, { from: 'user' })
  if (process.exitCode === 1) await printError([])
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
  else {
    process.exitCode = 1
    await printError([error instanceof Error ? error.message : String(error)])
  }
} finally {
  await close()
}

async function printError (lines: string[]): Promise<void> {
  const context = await opening?.catch(() => undefined)
  const all = [...lines, ...await context?.complaints().catch(() => []) ?? []]
  if (!isInterrupted) process.stderr.write(`\n${all.join('\n')}\n`)
}

/** Does not wait for running work, which fails when its servers close. All later errors are consequences of that. */
function interrupt (): void {
  isInterrupted = true
  process.on('uncaughtException', () => {})
  close().finally(() => process.exit(130))
}

function close (): Promise<void> {
  // A context that failed to open has already closed itself.
  closing ??= Promise.resolve(opening).catch(() => undefined).then((context) => context?.close())
  return closing
}
