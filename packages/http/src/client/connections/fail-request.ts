import type { Dispatcher } from 'undici'

/** Fails a request that no connection has. undici's `request` still uses the older form of a handler. */
export function failRequest (handler: Dispatcher.DispatchHandler, error: Error): void {
  if (handler.onResponseError === undefined) handler.onError?.(error)
  else handler.onResponseError(noConnection, error)
}

const noConnection: Dispatcher.DispatchController = {
  get aborted () { return true },
  get paused () { return false },
  get reason () { return null },
  abort () {},
  pause () {},
  resume () {}
}
