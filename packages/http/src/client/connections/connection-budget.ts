/** A connection that is open and has no request. */
export interface IdleConnection {
  close: () => void
}

/** Limits the connections of all pools together. A pool calls `release` once for each successful `tryTake`. */
export class ConnectionBudget {
  readonly #max: number
  readonly #idle = new Set<IdleConnection>()
  readonly #leaving = new Set<IdleConnection>()
  readonly #starved = new Set<() => void>()
  #open = 0

  constructor (max: number) {
    this.#max = max
  }

  /** Whether one more connection may be opened. If necessary, closes the connection that has been idle for longest. */
  tryTake (): boolean {
    if (this.#open >= this.#max) {
      const [longestIdle] = this.#idle
      if (longestIdle === undefined) return false
      longestIdle.close()
    }
    this.#open++
    return true
  }

  /** `connection` is what the place became, if it was opened. */
  release (connection?: IdleConnection): void {
    this.#open--
    if (connection !== undefined) {
      this.#idle.delete(connection)
      this.#leaving.delete(connection)
    }
    this.#callStarved()
  }

  addIdle (connection: IdleConnection): void {
    this.#idle.add(connection)
    this.#callStarved()
  }

  removeIdle (connection: IdleConnection): void {
    this.#idle.delete(connection)
  }

  /** Whether a pool without any connection waits, so that a busy pool should give one up. */
  get isContended (): boolean {
    return this.#starved.size > this.#leaving.size
  }

  /** Closes a connection for a pool that waits. One with several requests closes later, after the last of them. */
  closeForOthers (connection: IdleConnection): void {
    this.#leaving.add(connection)
    connection.close()
  }

  /** Calls `open` once, as soon as there is room. For a pool that has no connection and would wait forever. */
  waitForRoom (open: () => void): void {
    this.#starved.add(open)
  }

  #callStarved (): void {
    if (this.#open >= this.#max && this.#idle.size === 0) return
    const [open] = this.#starved
    if (open === undefined) return
    this.#starved.delete(open)
    open()
  }
}
