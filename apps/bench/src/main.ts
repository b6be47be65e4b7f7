import { CommanderError } from 'commander'
import { createBenchCommand } from './bench-command.ts'
import type { Desk } from './desk.ts'
import { openFooting } from './ground/ground.ts'
import type { Footing } from './ground/ground.ts'
import { createProveCommand } from './prove-command.ts'

const begun = Date.now()
let opening: Promise<Footing> | undefined
let closing: Promise<void> | undefined
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => { close().then(() => process.exit(130)) })

const desk: Desk = {
  open: ({ profiles }) => {
    const { PATH = '', HOME = '' } = process.env
    opening ??= openFooting({ env: { PATH, HOME, NODE_ENV: 'production' }, say: desk.say, profiles })
    return opening
  },
  say: (line) => { process.stderr.write(`${((Date.now() - begun) / 1000).toFixed(0).padStart(4)} s  ${line}\n`) },
  print: (text) => { process.stdout.write(`${text}\n`) },
  fail: () => { process.exitCode = 1 }
}

try {
  const [name, ...rest] = process.argv.slice(2)
  const [command, args] = name === 'prove'
    ? [createProveCommand(desk), rest]
    : [createBenchCommand(desk), process.argv.slice(2)]
  await command.exitOverride().parseAsync(args, { from: 'user' })
  if (process.exitCode === 1) await complain([])
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
  // Asked to stop: whatever fails now fails for that.
  else if (closing === undefined) {
    process.exitCode = 1
    await complain([error instanceof Error ? error.message : String(error)])
  }
} finally {
  await close()
}

async function complain (lines: string[]): Promise<void> {
  const footing = await opening?.catch(() => undefined)
  process.stderr.write(`\n${[...lines, ...await footing?.complaints() ?? []].join('\n')}\n`)
}

function close (): Promise<void> {
  // What did not open has closed itself.
  closing ??= Promise.resolve(opening).then((footing) => footing?.close(), () => {})
  return closing
}
