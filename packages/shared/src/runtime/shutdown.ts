import type { Log } from '../log/index.ts'

/** A process manager kills a process after fifteen seconds, as docs/operations.md says. This one exits before. */
const shutdownTimeoutMs = 14_000

export interface Shutdown {
  /** Aborts when the process is asked to stop: from then on it starts nothing new. */
  stopping: AbortSignal
  /** Aborts `drainTimeoutMs` later: requests to providers that still run end. */
  aborting: AbortSignal
  /** Registers what the shutdown closes. The last one registered is closed first. */
  onClose: (close: () => unknown) => void
  /** Closes everything and exits. The first call decides the code; it is 1 when something does not close. */
  exit: (code: number) => Promise<never>
}

export interface ShutdownOptions {
  log: Log
  drainTimeoutMs: number
}

/** Exits in order when the process gets a signal, or when its parent process ends. A second signal waits for the first. */
export function handleShutdown ({ log, drainTimeoutMs }: ShutdownOptions): Shutdown {
  const stopping = new AbortController()
  const aborting = new AbortController()
  const closers: Array<() => unknown> = []
  let exiting: Promise<never> | undefined
  // Without a listener, a second signal would end the process at once, so `once` is not enough.
  for (const event of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.on(event, stop)
  // The parent process ended before this one could listen.
  if (process.connected === false) stop()
  return { stopping: stopping.signal, aborting: aborting.signal, onClose: (close) => { closers.push(close) }, exit }

  function stop (): void {
    if (exiting !== undefined) return
    log.info('stopping')
    exit(0)
  }

  function exit (code: number): Promise<never> {
    exiting ??= closeAndExit(code)
    return exiting
  }

  async function closeAndExit (code: number): Promise<never> {
    setTimeout(() => {
      log.error('the shutdown took too long')
      process.exit(1)
    }, shutdownTimeoutMs)
    setTimeout(() => aborting.abort(), drainTimeoutMs)
    stopping.abort()
    try {
      for (const close of closers.splice(0).reverse()) await close()
    } catch (error) {
      log.error({ err: error }, 'the shutdown failed')
      process.exit(1)
    }
    log.info('stopped')
    process.exit(code)
  }
}
