import { ConnectFailure } from './connect-failure.ts'

/** Limits how long `work` waits for the user. Requests to services before and after it do not use this time. */
export type WithUserTimeout = <Result>(work: (limits: UserLimits) => Promise<Result>) => Promise<Result>

interface UserLimits {
  /** Aborts on Ctrl-C and at the deadline. The reason is a ConnectFailure. */
  signal: AbortSignal
  /** Milliseconds since the epoch. */
  deadline: number
}

/** Each call of the result gives the user `timeoutMs`. */
export function createUserTimeout (interrupted: AbortSignal, timeoutMs: number): WithUserTimeout {
  return async (work) => {
    // Not AbortSignal.any(): on Node 20 such a signal may be collected as garbage before it aborts.
    const controller = new AbortController()
    const interrupt = () => controller.abort(interrupted.reason)
    interrupted.addEventListener('abort', interrupt)
    if (interrupted.aborted) interrupt()
    const timer = setTimeout(() => controller.abort(userTimeout(timeoutMs)), timeoutMs)
    try {
      return await work({ signal: controller.signal, deadline: Date.now() + timeoutMs })
    } finally {
      clearTimeout(timer)
      interrupted.removeEventListener('abort', interrupt)
    }
  }
}

function userTimeout (timeoutMs: number): ConnectFailure {
  return new ConnectFailure('timedOut', `you did not respond within ${timeoutMs / 1_000} seconds (--timeout)`)
}
