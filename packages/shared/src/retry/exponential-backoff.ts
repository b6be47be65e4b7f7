/** Delays in milliseconds that double up to `maxMs`, without end. The defaults suit a database that restarts. */
export function * exponentialBackoff (firstMs = 100, maxMs = 2_000): Generator<number, never> {
  for (let delayMs = firstMs; ; delayMs = Math.min(2 * delayMs, maxMs)) yield delayMs
}
