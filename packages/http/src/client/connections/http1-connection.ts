import type { Socket } from 'node:net'
import type { buildConnector } from 'undici'
import { Client } from 'undici'
import type { Connection, ConnectionOwner, ConnectionTimeouts, PooledRequest } from './connection.ts'

/** One HTTP/1.1 connection over an open socket. It has at most one request at a time. */
export class Http1Connection implements Connection {
  readonly #client: Client
  readonly #owner: ConnectionOwner
  #isBusy = false
  #isConnected = false
  #isClosed = false

  constructor (
    origin: string, socket: Socket, { pingTimeout: _, ...timeouts }: ConnectionTimeouts, connect: buildConnector.connector,
    owner: ConnectionOwner
  ) {
    this.#owner = owner
    this.#client = new Client(origin, { ...timeouts, connect: useFirst(socket, connect) })
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

  get room (): number {
    return this.#isBusy || this.#isClosed ? 0 : 1
  }

  get running (): number {
    return this.#isBusy ? this.#client.stats.size : 0
  }

  dispatch ({ options, handler }: PooledRequest): void {
    this.#isBusy = true
    const isDrained = this.#client.dispatch(options, handler)
    // undici emits `drain` after each request, except after one that it refuses because of its options.
    if (!isDrained && this.#client.stats.size === 0) this.#isBusy = false
  }

  close (): void {
    if (this.#isClosed) return
    this.#isClosed = true
    if (!this.#client.destroyed) this.#client.close(() => {})
    this.#owner.onClosed(this)
  }

  #free (): void {
    if (!this.#isBusy || this.#isClosed) return
    this.#isBusy = false
    // A server or an error closes a connection before undici says that its request has ended.
    if (this.#isConnected) this.#owner.onFree(this)
    else this.close()
  }
}

/** undici connects again for a request that it could not send, because the server closed the connection in that moment. */
function useFirst (socket: Socket, connect: buildConnector.connector): buildConnector.connector {
  let isUsed = false
  return (options, callback) => {
    if (isUsed) return connect(options, callback)
    isUsed = true
    // undici sends nothing if it is called back before its own `connect` returns.
    queueMicrotask(() => callback(null, socket))
  }
}
