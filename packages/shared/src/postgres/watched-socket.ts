import { Socket } from 'node:net'

const tickMs = 1_000

/**
 * A socket that ends with ETIMEDOUT when its server sends nothing for `quietMs`, which has to be longer than a statement takes or
 * a connection is idle. A connection whose packets are dropped is never reset, and neither PostgreSQL driver closes it. It counts
 * timer ticks instead of reading a clock: a process that was stopped for a while first reads what arrived meanwhile. Under TLS
 * this is the socket below TLS and sees encrypted bytes.
 */
export class WatchedSocket extends Socket {
  readonly #longestQuietMs: number
  readonly #timer: NodeJS.Timeout
  #read = 0
  #quietMs = 0

  constructor ({ quietMs }: { quietMs: number }) {
    super()
    this.#longestQuietMs = quietMs
    this.#timer = setInterval(() => this.#check(), tickMs).unref()
  }

  override _destroy (error: Error | null, done: (error?: Error | null) => void): void {
    clearInterval(this.#timer)
    super._destroy(error, done)
  }

  #check (): void {
    // The drivers have deadlines of their own for that.
    if (this.connecting) return
    this.#quietMs = this.bytesRead === this.#read ? this.#quietMs + tickMs : 0
    this.#read = this.bytesRead
    if (this.#quietMs < this.#longestQuietMs) return
    const message = `PostgreSQL sent nothing for ${this.#quietMs / 1000} seconds`
    this.destroy(Object.assign(new Error(message), { code: 'ETIMEDOUT' }))
  }
}
