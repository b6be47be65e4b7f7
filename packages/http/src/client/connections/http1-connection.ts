import type { Dispatcher } from 'undici'
import { Client } from 'undici'

/** The pool of a connection. */
export interface ConnectionOwner<Connection> {
  /** The connection can take another request. */
  onFree: (connection: Connection) => void
  /** The connection is closed. Called once. */
  onClosed: (connection: Connection) => void
}

/** One HTTP/1.1 connection, which has at most one request at a time. It opens with its first request. */
export class Http1Connection {
  readonly #client: Client
  readonly #owner: ConnectionOwner<Http1Connection>
  #isBusy = false
  #isConnected = false
  #isClosed = false

  constructor (origin: string, options: Client.Options, owner: ConnectionOwner<Http1Connection>) {
    this.#owner = owner
    this.#client = new Client(origin, options)
    this.#client.on('connect', () => { this.#isConnected = true })
    this.#client.on('drain', () => this.#free())
    this.#client.on('disconnect', () => {
      this.#isConnected = false
      if (!this.#isBusy) this.close()
    })
    // undici does not emit `drain` after a certificate for another name.
    this.#client.on('connectionError', (_origin, _targets, error) => {
      this.#client.destroy(error, () => {})
      this.close()
    })
  }

  /** The owner calls this only while the connection is free. */
  dispatch (options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.#isBusy = true
    const isDrained = this.#client.dispatch(options, handler)
    // undici emits `drain` after each request, except after one that it refuses because of its options.
    if (!isDrained && this.#client.stats.size === 0) this.#free()
  }

  /** 1 while a request is being sent or its response is being read. */
  get running (): number {
    return this.#client.stats.running
  }

  /** 1 while a request waits until the connection is open. */
  get waiting (): number {
    return this.#client.stats.pending
  }

  /** Closes the connection after its request. */
  close (): void {
    if (this.#isClosed) return
    this.#isClosed = true
    if (!this.#client.destroyed) this.#client.close(() => {})
    this.#owner.onClosed(this)
  }

  #free (): void {
    if (!this.#isBusy) return
    this.#isBusy = false
    // A server or an error closes a connection before undici says that its request has ended.
    if (this.#isConnected) this.#owner.onFree(this)
    else this.close()
  }
}
