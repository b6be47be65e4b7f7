import { CommanderError } from 'commander'
import { createBenchCommand } from './bench-command.ts'
import type { Desk } from './desk.ts'
import { openFooting } from './ground/ground.ts'
import type { Footing } from './ground/ground.ts'
import { createHostileCommand } from './hostile-command.ts'
import { createProveCommand } from './prove-command.ts'

const begun = Date.now()
let opening: Promise<Footing> | undefined
let closing: Promise<void> | undefined
let isInterrupted = false
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt)

const desk: Desk = {
  open: ({ profiles }) => {
    const { PATH = '', HOME = '' } = process.env
    opening ??= openFooting({ env: { PATH, HOME, NODE_ENV: 'production' }, say: desk.say, profiles })
    return opening
  },
  say: (line) => { if (!isInterrupted) process.stderr.write(`${((Date.now() - begun) / 1000).toFixed(0).padStart(4)} s  ${line}\n`) },
  print: (text) => { if (!isInterrupted) process.stdout.write(`${text}\n`) },
  fail: () => { process.exitCode = 1 }
}

try {
  const [name, ...rest] = process.argv.slice(2)
  const [command, args] = name === 'prove'
    ? [createProveCommand(desk), rest]
    : name === 'hostile' ? [createHostileCommand(desk), rest] : [createBenchCommand(desk), process.argv.slice(2)]
  await command.exitOverride().parseAsync(args, { from: 'user' })
  if (process.exitCode === 1) await complain([])
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
  else {
    process.exitCode = 1
    await complain([error instanceof Error ? error.message : String(error)])
  }
} finally {
  await close()
}

async function complain (lines: string[]): Promise<void> {
  const footing = await opening?.catch(() => undefined)
  const all = [...lines, ...await footing?.complaints().catch(() => []) ?? []]
  if (!isInterrupted) process.stderr.write(`\n${all.join('\n')}\n`)
}

/** The work in hand is not waited for: it loses what it stands on. Whatever fails from now on fails for that. */
function interrupt (): void {
  isInterrupted = true
  process.on('uncaughtException', () => {})
  close().finally(() => process.exit(130))
}

function close (): Promise<void> {
  // What did not open has closed itself.
  closing ??= Promise.resolve(opening).catch(() => undefined).then((footing) => footing?.close())
  return closing
}
