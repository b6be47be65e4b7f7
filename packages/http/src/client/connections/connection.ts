import type { Dispatcher } from 'undici'

/** In milliseconds. undici knows all but the last by these names. */
export interface ConnectionTimeouts {
  headersTimeout: number
  /** Between two chunks of a response. */
  bodyTimeout: number
  /** How long a connection stays open without requests, unless its server announces less. */
  keepAliveTimeout: number
  /** The longest that a server may announce. */
  keepAliveMaxTimeout: number
  /** How long a server may take to confirm a ping over HTTP/2. */
  pingTimeout: number
}

/** A request in a pool. */
export interface PooledRequest {
  options: Dispatcher.DispatchOptions
  handler: Dispatcher.DispatchHandler
  /** How many times a server has refused it without processing it. */
  refusals: number
}

/** An open connection of a pool. */
export interface Connection {
  /** How many more requests it takes now. */
  readonly room: number
  /** Requests that are being sent or whose response is being read. */
  readonly running: number
  /** The owner calls this only while there is room. A request that cannot be sent fails at once. */
  dispatch: (request: PooledRequest) => void
  /** Takes no more requests and closes after the last one. */
  close: () => void
}

/** The pool of a connection. */
export interface ConnectionOwner {
  /** The connection can take another request. */
  onFree: (connection: Connection) => void
  /** The server accepts this many requests at a time on a connection. */
  onLimit: (requests: number) => void
  /** The server has not processed the request, so it may be sent again. `error` says why. */
  onUnprocessed: (request: PooledRequest, error: Error) => void
  /** The server processes requests only over HTTP/1.1. */
  onHttp1Required: () => void
  /** The connection is closed and has no requests. Called once. */
  onClosed: (connection: Connection) => void
}
