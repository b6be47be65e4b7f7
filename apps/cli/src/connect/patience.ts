import { ConnectFailure } from './connect-failure.ts'

/** Limits how long `answer` waits for the user. Requests to services before and after it do not use this time. */
export type Patience = <Answer>(answer: (time: Time) => Promise<Answer>) => Promise<Answer>

interface Time {
  /** Aborts on Ctrl-C and at the deadline. The reason is a ConnectFailure. */
  signal: AbortSignal
  /** Milliseconds since the epoch. */
  deadline: number
}

/** Each question has `timeoutMs`. */
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
  return new ConnectFailure('timedOut', `you did not respond within ${timeoutMs / 1_000} seconds (--timeout)`)
}
