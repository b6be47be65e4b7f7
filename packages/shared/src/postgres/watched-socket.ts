import { Socket } from 'node:net'

const tickMs = 1_000

/**
 * A socket that ends with ETIMEDOUT when its server sends nothing for `quietMs`, which must exceed statement and idle timeouts.
 * Neither PostgreSQL driver closes a connection whose packets are dropped. The socket counts timer ticks, so a process that was
 * suspended first reads the data that arrived. Under TLS this is the lower socket and reads encrypted bytes.
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
    // The drivers have their own connect timeouts.
    if (this.connecting) return
    this.#quietMs = this.bytesRead === this.#read ? this.#quietMs + tickMs : 0
    this.#read = this.bytesRead
    if (this.#quietMs < this.#longestQuietMs) return
    const message = `PostgreSQL sent nothing for ${this.#quietMs / 1000} seconds`
    this.destroy(Object.assign(new Error(message), { code: 'ETIMEDOUT' }))
  }
}
