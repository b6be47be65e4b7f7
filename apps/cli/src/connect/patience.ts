import { ConnectFailure } from './connect-failure.ts'

/**
 * Waits for the user, who has been asked by now, while `answer` does. What we ask services before that and afterwards uses up
 * nothing of the time.
 */
export type Patience = <Answer>(answer: (time: Time) => Promise<Answer>) => Promise<Answer>

export interface Time {
  /** Ctrl-C, or the end of the time. The reason is a ConnectFailure. */
  signal: AbortSignal
  /** Milliseconds since the epoch. */
  deadline: number
}

/** Patience of `timeoutMs` for each thing that is asked. */
export function createPatience (interrupted: AbortSignal, timeoutMs: number): Patience {
  return async (answer) => {
    // Not AbortSignal.any(): on Node 20 such a signal may be collected as garbage before it aborts.
    const controller = new AbortController()
    const interrupt = () => controller.abort(interrupted.reason)
    interrupted.addEventListener('abort', interrupt)
    if (interrupted.aborted) interrupt()
    const timer = setTimeout(() => controller.abort(timedOut(timeoutMs)), timeoutMs)
    try {
      return await answer({ signal: controller.signal, deadline: Date.now() + timeoutMs })
    } finally {
      clearTimeout(timer)
      interrupted.removeEventListener('abort', interrupt)
    }
  }
}

function timedOut (timeoutMs: number): ConnectFailure {
  return new ConnectFailure('timedOut', `nothing happened within ${timeoutMs / 1_000} seconds (--timeout)`)
}
