import type { CommandContext } from '../command-context.ts'
import { ExitError } from '../exit-error.ts'

export interface Interruption {
  signal: AbortSignal
  /** For a Ctrl-C that arrives as a key, not as a signal. */
  interrupt: () => void
}

/** After this call, Ctrl-C aborts the signal instead of ending the process. */
export function createInterruption ({ onInterrupt }: Pick<CommandContext, 'onInterrupt'>): Interruption {
  const controller = new AbortController()
  const interrupt = () => controller.abort(new ExitError('interrupted', 130))
  onInterrupt(interrupt, interrupt)
  return { signal: controller.signal, interrupt }
}

/** Rejects with the signal's reason if it aborts first. */
export async function unlessInterrupted<Result> (promise: Promise<Result>, signal: AbortSignal): Promise<Result> {
  signal.throwIfAborted()
  let stop = () => {}
  const interrupted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop)
  })
  try {
    return await Promise.race([promise, interrupted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
