import { Command, CommanderError } from 'commander'
import { commandName, nameCommands } from './command-name.ts'
import { describeError } from './describe-error.ts'
import type { CommandContext } from './command-context.ts'
import { ExitError } from './exit-error.ts'

/** Each loads what it needs and no other does: that is most of the time that a start takes. */
const commands = {
  up: async () => (await import('./commands/up.ts')).addUp,
  migrate: async () => (await import('./commands/migrate.ts')).addMigrate,
  keys: async () => (await import('./commands/keys.ts')).addKeys,
  import: async () => (await import('./commands/import.ts')).addImport,
  send: async () => (await import('./commands/send.ts')).addSend,
  broadcast: async () => (await import('./commands/broadcast.ts')).addBroadcast,
  notifications: async () => (await import('./commands/notifications.ts')).addNotifications,
  deliveries: async () => (await import('./commands/deliveries.ts')).addDeliveries,
  connect: async () => (await import('./commands/connect.ts')).addConnect
}

const { argv, execArgv, env } = process
const named = nameCommands(commandName({ argv, execArgv, env, cwd: process.cwd() }), Object.keys(commands))
const context: CommandContext = {
  env,
  print: (line) => console.log(line),
  named,
  terminal: { input: process.stdin, output: process.stderr },
  onInterrupt,
  announce
}

const program = new Command('carillon')
  .description('Lets the users of a website connect their own accounts, and lets the site ring them.')
  .showHelpAfterError('(--help shows what there is)')
  .exitOverride()
  .configureOutput({
    writeOut: (text) => { process.stdout.write(named(text)) },
    writeErr: (text) => { process.stderr.write(named(text)) }
  })

// One that is named is enough; for help, and for what is not understood, it takes all of them.
const chosen = Object.entries(commands).filter(([name]) => name === process.argv[2])
for (const [, load] of chosen.length > 0 ? chosen : Object.entries(commands)) (await load())(program, context)

// A reader that went away (`carillon up | head`) must not take everything down in the middle of a line.
process.stdout.on('error', () => {})

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = fail(error)
}
// What a command leaves open, it meant to close.
process.exit()

/** Exit codes: 1 for what went wrong, 2 for a command that was not understood, and those that a command has of its own. */
function fail (error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  for (const line of describeError(error).filter((line) => line !== '')) console.error(`carillon: ${named(line)}`)
  return error instanceof ExitError ? error.exitCode : 1
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
