import type { Socket } from 'node:net'
import type { Dispatcher } from 'undici'
import type { ConnectionBudget } from './connection-budget.ts'
import { ConnectionOpener } from './connection-opener.ts'
import type { ConnectionOpenerOptions } from './connection-opener.ts'
import type { Connection, ConnectionOwner, ConnectionTimeouts, PooledRequest } from './connection.ts'
import { failRequest } from './fail-request.ts'
import { Http1Connection } from './http1-connection.ts'
import { Http2Connection, initialStreams } from './http2-connection.ts'

export interface OriginPoolOptions extends ConnectionOpenerOptions {
  maxConnections: number
  /** Shared with other pools. */
  budget: ConnectionBudget
  timeouts: ConnectionTimeouts
  /** Called when the pool has neither connections nor requests. */
  onEmpty: () => void
}

/** How many times a request is sent again that servers refused without processing it. */
const maxRefusals = 3

/**
 * The connections to one origin. undici's Pool searches all its connections for a free one. That took 9.8 % of the time in one
 * profile, about 10 µs per request. This pool keeps the free ones apart.
 */
export class OriginPool implements ConnectionOwner {
  readonly #options: OriginPoolOptions
  readonly #opener: ConnectionOpener
  readonly #connections = new Set<Connection>()
  readonly #multiplexed = new Set<Http2Connection>()
  /** HTTP/1.1 connections. The one used last is used next, so that surplus connections become idle and close. */
  readonly #idle: Connection[] = []
  readonly #waiting = new Set<PooledRequest>()
  #isClosing = false
  #growing: NodeJS.Immediate | undefined

  constructor (options: OriginPoolOptions) {
    this.#options = options
    this.#opener = new ConnectionOpener(options)
  }

  dispatch (options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.#waiting.add({ options, handler, refusals: 0 })
    this.#dispatchWaiting()
  }

  onFree (connection: Connection): void {
    const { budget } = this.#options
    if (budget.isContended) budget.closeForOthers(connection)
    else this.#fill(connection)
  }

  onLimit (requests: number): void {
    this.#opener.expectRoom(requests)
    this.#dispatchWaiting()
  }

  onUnprocessed (request: PooledRequest, error: Error): void {
    request.refusals++
    if (request.refusals > maxRefusals || !isRepeatable(request)) return failRequest(request.handler, error)
    this.#waiting.add(request)
    this.#dispatchWaiting()
  }

  onHttp1Required (): void {
    this.#opener.useHttp1()
    for (const connection of [...this.#multiplexed]) connection.close()
  }

  onClosed (connection: Connection): void {
    this.#connections.delete(connection)
    if (connection instanceof Http2Connection) this.#multiplexed.delete(connection)
    const index = this.#idle.indexOf(connection)
    if (index >= 0) this.#idle.splice(index, 1)
    this.#options.budget.release(connection)
    this.#dispatchWaiting()
    this.#checkEmpty()
  }

  /** `waiting` ones have no connection yet. */
  count (): { running: number, waiting: number } {
    const running = [...this.#connections].reduce((sum, connection) => sum + connection.running, 0)
    return { running, waiting: this.#opener.size + this.#waiting.size }
  }

  /** Closes each connection after the last request. */
  close (): void {
    this.#isClosing = true
    for (const connection of [...this.#connections]) {
      if (connection.running === 0) connection.close()
    }
  }

  #dispatchWaiting (): void {
    while (this.#waiting.size > 0) {
      const connection = this.#findFree()
      if (connection === undefined) return this.#growSoon()
      this.#fill(connection)
    }
  }

  /** The oldest connections take all that they can, so that surplus ones become idle and close. */
  #findFree (): Connection | undefined {
    for (const connection of this.#multiplexed) {
      if (connection.room > 0) return connection
    }
    return this.#idle.pop()
  }

  /** Sends waiting requests over a connection. */
  #fill (connection: Connection): void {
    const { budget } = this.#options
    budget.removeIdle(connection)
    while (connection.room > 0) {
      const next = this.#shiftWaiting()
      if (next === undefined) break
      connection.dispatch(next)
    }
    if (connection.running > 0 || connection.room === 0) return
    if (this.#isClosing) return connection.close()
    if (!(connection instanceof Http2Connection)) this.#idle.push(connection)
    budget.addIdle(connection)
  }

  /** undici frees a connection one turn after its response. A new connection for the next request would be one too many. */
  #growSoon (): void {
    this.#growing ??= setImmediate(() => {
      this.#growing = undefined
      this.#grow()
    })
  }

  readonly #grow = (): void => {
    while (this.#waiting.size > 0) {
      const connection = this.#findFree()
      if (connection !== undefined) this.#fill(connection)
      else if (!this.#open()) {
        if (this.#connections.size + this.#opener.size === 0) this.#options.budget.waitForRoom(this.#grow)
        return
      }
    }
  }

  #open (): boolean {
    const { budget, maxConnections } = this.#options
    const isFull = this.#connections.size + this.#opener.size >= maxConnections
    if (isFull || this.#isLimitUnknown || !this.#opener.isNeeded(this.#waiting.size) || !budget.tryTake()) return false
    const request = this.#shiftWaiting()
    if (request === undefined) budget.release()
    else this.#opener.open(request, this.#use, this.#failOne)
    return true
  }

  /** The first HTTP/2 server has not said yet how many requests it accepts. */
  get #isLimitUnknown (): boolean {
    return this.#opener.expectedRoom === Infinity && this.#multiplexed.size > 0
  }

  readonly #use = (socket: Socket, request: PooledRequest): void => {
    const connection = this.#createConnection(socket)
    this.#connections.add(connection)
    connection.dispatch(request)
    this.#fill(connection)
    this.#dispatchWaiting()
  }

  #createConnection (socket: Socket): Connection {
    const { origin, timeouts, connect } = this.#options
    const { expectedRoom } = this.#opener
    if ('alpnProtocol' in socket && socket.alpnProtocol === 'h2') {
      const streams = expectedRoom === Infinity ? initialStreams : expectedRoom
      const connection = new Http2Connection(origin, socket, streams, timeouts, this)
      this.#multiplexed.add(connection)
      return connection
    }
    this.#opener.expectRoom(1)
    return new Http1Connection(origin, socket, timeouts, connect, this)
  }

  readonly #failOne = (error: Error, request: PooledRequest): void => {
    this.#options.budget.release()
    failRequest(request.handler, error)
    this.#dispatchWaiting()
    this.#checkEmpty()
  }

  #checkEmpty (): void {
    if (this.#connections.size + this.#opener.size + this.#waiting.size === 0) this.#options.onEmpty()
  }

  #shiftWaiting (): PooledRequest | undefined {
    const [next] = this.#waiting
    if (next !== undefined) this.#waiting.delete(next)
    return next
  }
}

/** A stream can be read only once. It is its own iterator. */
function isRepeatable ({ options: { body } }: PooledRequest): boolean {
  if (typeof body !== 'object' || body === null || body instanceof Uint8Array) return true
  return Symbol.asyncIterator in body && body[Symbol.asyncIterator]() !== (body as unknown)
}
