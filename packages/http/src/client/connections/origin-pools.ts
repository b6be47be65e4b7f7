import { Dispatcher, errors } from 'undici'
import { failRequest } from './fail-request.ts'
import { OriginPool } from './origin-pool.ts'
import type { OriginPoolOptions } from './origin-pool.ts'

export type OriginPoolsOptions = Omit<OriginPoolOptions, 'origin' | 'onEmpty'>

/** The connection pools of all origins. A pool exists while it has connections or requests. */
export class OriginPools extends Dispatcher {
  readonly #options: OriginPoolsOptions
  readonly #pools = new Map<string, OriginPool>()
  #isClosed = false
  #onAllEmpty = (): void => {}

  constructor (options: OriginPoolsOptions) {
    super()
    this.#options = options
  }

  override dispatch (options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    if (this.#isClosed) {
      failRequest(handler, new errors.ClientClosedError())
      return false
    }
    const origin = String(options.origin)
    const pool = this.#pools.get(origin) ?? this.#create(origin)
    pool.dispatch(options, handler)
    return true
  }

  count (): { running: number, waiting: number } {
    const total = { running: 0, waiting: 0 }
    for (const pool of this.#pools.values()) {
      const { running, waiting } = pool.count()
      total.running += running
      total.waiting += waiting
    }
    return total
  }

  /** Resolves when all pending requests have ended. */
  override async close (): Promise<void> {
    this.#isClosed = true
    const isEmpty = new Promise<void>((resolve) => { this.#onAllEmpty = resolve })
    if (this.#pools.size === 0) return
    for (const pool of [...this.#pools.values()]) pool.close()
    await isEmpty
  }

  #create (origin: string): OriginPool {
    const onEmpty = (): void => {
      this.#pools.delete(origin)
      if (this.#pools.size === 0) this.#onAllEmpty()
    }
    const pool = new OriginPool({ ...this.#options, origin, onEmpty })
    this.#pools.set(origin, pool)
    return pool
  }
}
