import type { Command } from 'commander'
import type { CommandContext } from '../command-context.ts'

export function addUp (program: Command, { env, envFile, print, colors, named, onInterrupt, announce }: CommandContext): void {
  program.command('up')
    .summary('start everything on this machine')
    .description('Starts everything in this terminal: an embedded PostgreSQL (unless DATABASE_URL is set), the API, the worker, ' +
      'and simulators of the providers. Ctrl-C stops everything; the data stays in CARILLON_DATA_DIR (.carillon).')
    .option('--no-sandbox', 'do not start the simulators')
    .option('--verbose', 'show all logs, not only warnings and errors', false)
    .action(async ({ sandbox, verbose }: { sandbox: boolean, verbose: boolean }) => {
      const { runUp } = await loadUp()
      const stop = new AbortController()
      const force = new AbortController()
      onInterrupt(() => stop.abort(), () => force.abort())
      await runUp({ env, envFile, sandbox, verbose, print, colors, named, announce, stop: stop.signal, force: force.signal })
    })
}

/** Loaded only if needed: a production image has neither the sandbox nor the embedded PostgreSQL. */
async function loadUp () {
  try {
    return await import('../up/run-up.ts')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')) throw error
    throw new Error('`carillon up` needs a complete clone of the repository; this installation has only the production parts')
  }
}
