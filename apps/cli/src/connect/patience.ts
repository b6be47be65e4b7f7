import { ConnectFailure } from './connect-failure.ts'

/** How long to wait for the user. The reason of each signal is a ConnectFailure. */
export interface Patience {
  /** Ctrl-C, and nothing else. */
  interrupted: AbortSignal
  /** Ctrl-C, or the end of the time. */
  signal: AbortSignal
  /** Milliseconds since the epoch. */
  deadline: number
  end: () => void
}

export function startPatience (interrupted: AbortSignal, timeoutMs: number): Patience {
  // Not AbortSignal.any(): on Node 20 such a signal may be collected as garbage before it aborts.
  const controller = new AbortController()
  const interrupt = () => controller.abort(interrupted.reason)
  interrupted.addEventListener('abort', interrupt)
  if (interrupted.aborted) interrupt()
  const timer = setTimeout(() => controller.abort(timedOut(timeoutMs)), timeoutMs)
  return {
    interrupted,
    signal: controller.signal,
    deadline: Date.now() + timeoutMs,
    end () {
      clearTimeout(timer)
      interrupted.removeEventListener('abort', interrupt)
    }
  }
}

function timedOut (timeoutMs: number): ConnectFailure {
  return new ConnectFailure('timedOut', `nothing happened within ${timeoutMs / 1_000} seconds (--timeout)`)
}
