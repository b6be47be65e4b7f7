/**
 * Queues and processes use the clock of their machine, and rows use the database's. Clocks that differ by less than this count as
 * equal: a job that arrives this much early handles its rows now, or it would find nothing to do and its rows would wait.
 */
export const maxClockSkewMs = 50

/**
 * A job that was delayed by a machine's clock may arrive this much early; its deliveries are claimed all the same. It is longer
 * than `maxClockSkewMs` because wake-ups and whole seconds of `due_at` are rounded.
 */
export const maxEarlyMs = 1_000
