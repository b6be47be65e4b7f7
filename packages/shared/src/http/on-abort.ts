interface Listening {
  listeners: Set<() => void>
  tellAll: () => void
}

const signals = new WeakMap<AbortSignal, Listening>()

/**
 * Calls `listener` when `signal` aborts, unless what it answers is called before. One signal serves a whole batch: with a
 * listener of its own for every request, taking one off would mean looking for it among all of them.
 */
export function onAbort (signal: AbortSignal, listener: () => void): () => void {
  const { listeners, tellAll } = signals.get(signal) ?? listen(signal)
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    signal.removeEventListener('abort', tellAll)
    signals.delete(signal)
  }
}

function listen (signal: AbortSignal): Listening {
  const listeners = new Set<() => void>()
  const tellAll = (): void => { for (const listener of listeners) listener() }
  signal.addEventListener('abort', tellAll, { once: true })
  const listening = { listeners, tellAll }
  signals.set(signal, listening)
  return listening
}
