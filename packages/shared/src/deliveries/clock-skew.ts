/**
 * Queues and processes use the clock of their machine, and rows use the database's. Clocks that differ by less than this count
 * as equal. A job that arrives this much early handles its rows immediately. Otherwise it would find none and they would wait.
 */
export const maxClockSkewMs = 50

/**
 * A delayed job may arrive this much early by another machine's clock, and still claims its deliveries. It is longer than
 * `maxClockSkewMs` because wake-ups and the whole seconds of `due_at` are rounded.
 */
export const maxEarlyMs = 1_000
