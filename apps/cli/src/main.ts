import { readFile } from 'node:fs/promises'
import { Command, CommanderError } from 'commander'
import { createColors } from './colors.ts'
import { commandName, nameCommands } from './command-name.ts'
import { describeError } from './describe-error.ts'
import type { CommandContext } from './command-context.ts'
import { readEnvFile } from './env-file.ts'
import { ExitError } from './exit-error.ts'

/** Each command loads its own modules, because loading takes most of the time of a start. */
const commands = {
  up: async () => (await import('./commands/up.ts')).addUp,
  demo: async () => (await import('./commands/demo.ts')).addDemo,
  migrate: async () => (await import('./commands/migrate.ts')).addMigrate,
  keys: async () => (await import('./commands/keys.ts')).addKeys,
  import: async () => (await import('./commands/import.ts')).addImport,
  send: async () => (await import('./commands/send.ts')).addSend,
  broadcast: async () => (await import('./commands/broadcast.ts')).addBroadcast,
  notifications: async () => (await import('./commands/notifications.ts')).addNotifications,
  deliveries: async () => (await import('./commands/deliveries.ts')).addDeliveries,
  users: async () => (await import('./commands/users.ts')).addUsers,
  connections: async () => (await import('./commands/connections.ts')).addConnections,
  providers: async () => (await import('./commands/providers.ts')).addProviders,
  doctor: async () => (await import('./commands/doctor.ts')).addDoctor,
  status: async () => (await import('./commands/status.ts')).addStatus,
  events: async () => (await import('./commands/events.ts')).addEvents,
  audit: async () => (await import('./commands/audit.ts')).addAudit,
  listen: async () => (await import('./commands/listen.ts')).addListen,
  why: async () => (await import('./commands/why.ts')).addWhy,
  endpoints: async () => (await import('./commands/endpoints.ts')).addEndpoints,
  connect: async () => (await import('./commands/connect.ts')).addConnect,
  profiles: async () => (await import('./commands/profiles.ts')).addProfiles,
  completion: async () => (await import('./commands/completion.ts')).addCompletion
}

const { argv, execArgv } = process
const named = nameCommands(commandName({ argv, execArgv, env: process.env, cwd: process.cwd() }), Object.keys(commands))
const environment = readEnvironment()
const context: CommandContext = {
  ...environment,
  print: (line) => console.log(line),
  colors: createColors(process.stdout, environment.env),
  named,
  terminal: { input: process.stdin, output: process.stderr, colors: createColors(process.stderr, environment.env) },
  onInterrupt,
  announce
}

const program = new Command('carillon')
  .description('A self-hosted notification service for websites whose users connect their own accounts.')
  .version(`carillon ${await readVersion()}`, '-V, --version', 'print the version')
  .option('--profile <name>', 'use this profile (`carillon profiles` lists them)')
  .hook('preAction', () => { chooseProfile(program.opts()) })
  .showHelpAfterError('(--help shows the usage)')
  .exitOverride()
  .configureOutput({
    writeOut: (text) => { process.stdout.write(named(text)) },
    writeErr: (text) => { process.stderr.write(named(text)) }
  })

// Load only the named command. Help, completion, and the error for an unknown command need all of them.
const words = process.argv.slice(2)
const word = words.find((text, index) => !text.startsWith('-') && words[index - 1] !== '--profile')
const chosen = Object.entries(commands).filter(([name]) => name === word && name !== 'completion')
for (const [, load] of chosen.length > 0 ? chosen : Object.entries(commands)) (await load())(program, context)

// If the reader of standard output exits (`carillon up | head`), the program must continue.
process.stdout.on('error', () => {})

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = fail(error)
}
// Commands may leave handles open.
process.exit()

function readEnvironment (): Pick<CommandContext, 'env' | 'envFile'> {
  try {
    // A copy, since an option may change it.
    const { env, envFile } = readEnvFile(process.env)
    return { env: { ...env }, envFile }
  } catch (error) {
    process.exit(fail(error))
  }
}

async function readVersion (): Promise<string> {
  return JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')).version
}

/** The option precedes the variables with an address or a key of their own. */
function chooseProfile ({ profile }: { profile?: string }): void {
  if (profile === undefined) return
  Object.assign(context.env, { CARILLON_PROFILE: profile, CARILLON_API_URL: undefined, CARILLON_API_KEY: undefined })
}

/** Exit codes: 1 for a failure, 2 for an invalid command line, and the ones that a command defines. */
function fail (error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  for (const line of describeError(error).filter((line) => line !== '')) console.error(`carillon: ${named(line)}`)
  return error instanceof ExitError ? error.exitCode : 1
}

/** Calls `stop` on the first signal and `force` on a later one. Without this call, a signal ends the process. */
function onInterrupt (stop: () => void, force: () => void): void {
  let firstAt: number | undefined
  const onSignal = () => {
    if (firstAt === undefined) {
      firstAt = Date.now()
      stop()
    } else if (Date.now() - firstAt > 1_000) {
      // Ignore the same Ctrl-C that npm forwards after the terminal sent it to us.
      force()
    }
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal)
  process.on('disconnect', onSignal)
  if (process.env['npm_lifecycle_event'] !== undefined) onOrphaned(onSignal)
}

/** npm sends SIGTERM only to the shell between npm and us. The shell exits, so we watch for a new parent. */
function onOrphaned (onSignal: () => void): void {
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    onSignal()
  }, 100)
  timer.unref()
}

/** Sends a message to the parent process, if it listens. */
function announce (message: { ready: true, url: string }): void {
  process.send?.(message)
}
