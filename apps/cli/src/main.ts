import { Command, CommanderError } from 'commander'
import { addImport } from './commands/import.ts'
import { addKeys } from './commands/keys.ts'
import { addMigrate } from './commands/migrate.ts'
import { addUp } from './commands/up.ts'
import { describeError } from './describe-error.ts'
import type { CommandContext } from './command-context.ts'

const context: CommandContext = { env: process.env, print: (line) => console.log(line), onInterrupt, announce }

const program = new Command('carillon')
  .description('Lets the users of a website connect their own accounts, and lets the site ring them.')
  .showHelpAfterError('(--help shows what there is)')
  .exitOverride()

addUp(program, context)
addMigrate(program, context)
addKeys(program, context)
addImport(program, context)

// A reader that went away (`carillon up | head`) must not take everything down in the middle of a line.
process.stdout.on('error', () => {})

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = fail(error)
}
// What a command leaves open, it meant to close.
process.exit()

/** Exit codes: 1 for what went wrong, 2 for a command that was not understood. */
function fail (error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  for (const line of describeError(error)) console.error(`carillon: ${line}`)
  return 1
}

/** Calls `stop` on the first signal, and `force` on another one. Until a command asks for this, a signal ends the process. */
function onInterrupt (stop: () => void, force: () => void): void {
  let firstAt: number | undefined
  const hear = () => {
    if (firstAt === undefined) {
      firstAt = Date.now()
      stop()
    } else if (Date.now() - firstAt > 1_000) {
      // Not the same Ctrl-C twice: npm passes on to us what the terminal has told us already.
      force()
    }
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, hear)
  process.on('disconnect', hear)
  if (process.env['npm_lifecycle_event'] !== undefined) onOrphaned(hear)
}

/** npm tells SIGTERM to the shell between us alone, which ends without a word. Its end is what we hear. */
function onOrphaned (hear: () => void): void {
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    hear()
  }, 100)
  timer.unref()
}

/** Tells the process that started us, where it listens for it. */
function announce (message: { ready: true, url: string }): void {
  process.send?.(message)
}
