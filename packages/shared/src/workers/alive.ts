/** A worker updates its row every five seconds. After this time without an update, it does not run. */
export const aliveWithin = '20 seconds'
