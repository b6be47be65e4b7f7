import { resolve } from 'node:path'
import { ProviderError } from '@carillon/shared/providers'
import type { CommandContext } from '../command-context.ts'
import { describeError } from '../describe-error.ts'
import { chooseProvider } from './choose-provider.ts'
import { ConnectFailure } from './connect-failure.ts'
import { openCredentialsFile } from './credentials/credentials-file.ts'
import { createFileRegistrations } from './credentials/file-registrations.ts'
import { createUserTimeout } from './user-timeout.ts'
import { runConnect } from './run-connect.ts'
import type { Outcome } from './run-connect.ts'
import { openTerminalProviders } from './terminal-providers.ts'
import { createTerminal } from '../terminal.ts'

export interface Options {
  file: string
  /** Seconds. */
  timeout: number
  port: number
  again?: true
  remove?: true
  tokenStdin?: true
  json?: true
}

/** Connects and prints the result. Throws the failure too. */
export async function connect (
  context: CommandContext, providerId: string, account: string | undefined, options: Options
): Promise<void> {
  const report = (result: object) => context.print(JSON.stringify({
    provider: providerId, account: null, file: resolve(options.file), ...result
  }))
  try {
    const outcome = await attempt(context, providerId, account, options)
    const { status, account: connected, newSecret, sentence } = outcome
    const accountResponse = connected === null ? null : { id: connected.id, name: connected.name }
    if (options.json) report({ account: accountResponse, file: outcome.file, status, newSecret })
    else {
      context.print(sentence)
      if (newSecret !== undefined) context.print(`${newSecret.label}: ${newSecret.value}\n${newSecret.hint} It is not shown again.`)
    }
  } catch (error) {
    if (options.json) {
      const reason = describeError(error).join('; ')
      report({ status: error instanceof ConnectFailure ? error.status : 'failed', reason })
    }
    throw error
  }
}

async function attempt (
  { env, terminal: streams, onInterrupt }: CommandContext, providerId: string, account: string | undefined, options: Options
): Promise<Outcome & { file: string }> {
  const interrupted = new AbortController()
  const interrupt = () => interrupted.abort(new ConnectFailure('interrupted', 'interrupted'))
  onInterrupt(interrupt, interrupt)
  const terminal = createTerminal(streams, interrupt)
  const withUserTimeout = createUserTimeout(interrupted.signal, options.timeout * 1_000)
  try {
    const known = await openTerminalProviders(env)
    const { simulators, http } = known
    const provider = chooseProvider(providerId, known)
    const file = await openCredentialsFile(options.file, terminal.say)
    const requestContext = { http, signal: interrupted.signal, now: Date.now, registrations: createFileRegistrations(file) }
    const isSimulated = (server: string) => simulators.has(server) || simulators.has(`http://${server}`)
    const outcome = await runConnect({
      ...options, provider, account, file, requestContext, terminal, withUserTimeout, isSimulated, input: streams.input
    })
    return { ...outcome, file: file.path }
  } catch (error) {
    // An aborted request fails in many ways. The reason of the abort counts.
    if (isAborted(error)) throw interrupted.signal.reason ?? error
    throw error
  } finally {
    terminal.close()
  }
}

function isAborted (error: unknown): boolean {
  if (error instanceof ProviderError) return error.transport === 'aborted'
  return error instanceof Error && (error.name === 'AbortError' || ('code' in error && error.code === 'aborted'))
}
