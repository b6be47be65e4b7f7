import type { Socket } from 'node:net'
import type { Connector } from '../addresses/socket-connector.ts'
import type { PooledRequest } from './connection.ts'

export interface ConnectionOpenerOptions {
  origin: string
  connect: Connector
  /** Lets a TLS server choose HTTP/2. */
  offersHttp2: boolean
}

/** Opens sockets for the connections of a pool, each for one of its requests. Decides how many at a time. */
export class ConnectionOpener {
  readonly #url: URL
  readonly #connect: Connector
  /** If its socket cannot be opened, the request fails. */
  readonly #requests = new Set<PooledRequest>()
  #offersHttp2: boolean
  #expectedRoom: number
  /** Sockets that could not be opened, since the last one that could. */
  #failures = 0

  constructor ({ origin, connect, offersHttp2 }: ConnectionOpenerOptions) {
    this.#url = new URL(origin)
    this.#connect = connect
    this.#offersHttp2 = offersHttp2 && this.#url.protocol === 'https:'
    this.#expectedRoom = this.#offersHttp2 ? Infinity : 1
  }

  /** How many sockets are being opened. */
  get size (): number {
    return this.#requests.size
  }

  /** How many requests at a time the next connection is expected to take. Infinity until a server has shown it. */
  get expectedRoom (): number {
    return this.#expectedRoom
  }

  expectRoom (requests: number): void {
    this.#expectedRoom = Math.max(1, requests)
  }

  useHttp1 (): void {
    this.#offersHttp2 = false
    this.#expectedRoom = 1
  }

  /**
   * Whether one more socket should be opened while this many requests wait. If one cannot be opened, only its own request fails,
   * because the others may have more luck. Then twice as many are tried at once, up to one for each request, so that no request
   * waits in vain for long.
   */
  isNeeded (waiting: number): boolean {
    const requests = this.size + waiting
    const atOnce = Math.max(1, Math.ceil(requests / this.#expectedRoom)) * 2 ** this.#failures
    return this.size < Math.min(requests, atOnce)
  }

  /** Calls one of the functions, perhaps at once. */
  open (
    request: PooledRequest, onOpen: (socket: Socket, request: PooledRequest) => void,
    onFailed: (error: Error, request: PooledRequest) => void
  ): void {
    const { protocol, hostname, port } = this.#url
    this.#requests.add(request)
    this.#connect({ protocol, hostname: withoutBrackets(hostname), port, offersHttp2: this.#offersHttp2 }, (error, socket) => {
      this.#requests.delete(request)
      this.#failures = error === null ? 0 : this.#failures + 1
      if (error === null) onOpen(socket, request)
      else onFailed(error, request)
    })
  }
}

/** Sockets expect an IPv6 address without them. */
function withoutBrackets (hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
}
