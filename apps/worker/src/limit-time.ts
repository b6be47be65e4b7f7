import { onAbort } from '@carillon/http'

export interface TimeLimit {
  /** Aborts after `afterMs`, or with `parent`. */
  signal: AbortSignal
  /** Clears the timer and removes the listener from `parent`. */
  release: () => void
}

/** Limits work to `afterMs`. On Node.js 20, `AbortSignal.any` leaks memory when the parent lives long. */
export function limitTime (afterMs: number, parent: AbortSignal): TimeLimit {
  const controller = new AbortController()
  const abort = (): void => controller.abort()
  const timer = setTimeout(abort, afterMs)
  const forget = onAbort(parent, abort)
  if (parent.aborted) abort()
  return {
    signal: controller.signal,
    release: () => {
      clearTimeout(timer)
      forget()
    }
  }
}
