const minAgeMs = 5_000
/** Of the time is spent on reading at most, so that a slow statement does not slow down the database. */
const maxShareOfTime = 0.05
/** A scrape does not wait longer for a store. */
const timeoutMs = 2_000

/**
 * A function that returns the last result of `read`, or reads again when that is old. Concurrent calls share one reading.
 * Undefined when the reading fails or takes too long.
 */
export function cacheReading<Result> (
  read: () => Promise<Result>, onError: (error: unknown) => void
): () => Promise<Result | undefined> {
  let reading: Promise<Result | undefined> | undefined
  let validUntil = 0

  async function readNow (): Promise<Result | undefined> {
    const startedAt = performance.now()
    let isFailed = false
    const result = await read().catch((error: unknown) => {
      isFailed = true
      onError(error)
    })
    const endedAt = performance.now()
    validUntil = endedAt + (isFailed ? 0 : Math.max(minAgeMs, (endedAt - startedAt) / maxShareOfTime))
    return result ?? undefined
  }

  return async () => {
    if (performance.now() >= validUntil) {
      // Until the reading ends.
      validUntil = Infinity
      reading = readNow()
    }
    return await Promise.race([reading, afterTimeout()])
  }
}

async function afterTimeout (): Promise<undefined> {
  await new Promise((resolve) => { setTimeout(resolve, timeoutMs).unref() })
}
