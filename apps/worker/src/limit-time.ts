export interface TimeLimit {
  /** Aborts after `afterMs`, or with `parent`. */
  signal: AbortSignal
  /** Lets go of the timer and of `parent`. */
  release: () => void
}

/** `AbortSignal.any` would do, but on Node 20 a parent that lives long remembers every signal that was ever made of it. */
export function limitTime (afterMs: number, parent: AbortSignal): TimeLimit {
  const controller = new AbortController()
  const abort = (): void => controller.abort()
  const timer = setTimeout(abort, afterMs)
  parent.addEventListener('abort', abort, { once: true })
  if (parent.aborted) abort()
  return {
    signal: controller.signal,
    release: () => {
      clearTimeout(timer)
      parent.removeEventListener('abort', abort)
    }
  }
}
