interface Listening {
  listeners: Set<() => void>
  notifyAll: () => void
}

const signals = new WeakMap<AbortSignal, Listening>()

/**
 * Calls `listener` when `signal` aborts, unless the returned function is called first. One signal serves a whole batch, and
 * removing one of many listeners from an AbortSignal searches them all.
 */
export function onAbort (signal: AbortSignal, listener: () => void): () => void {
  const { listeners, notifyAll } = signals.get(signal) ?? listen(signal)
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    signal.removeEventListener('abort', notifyAll)
    signals.delete(signal)
  }
}

function listen (signal: AbortSignal): Listening {
  const listeners = new Set<() => void>()
  const notifyAll = (): void => { for (const listener of listeners) listener() }
  signal.addEventListener('abort', notifyAll, { once: true })
  const listening = { listeners, notifyAll }
  signals.set(signal, listening)
  return listening
}
