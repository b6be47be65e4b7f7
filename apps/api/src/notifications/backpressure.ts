import { countWaiting } from '@carillon/shared/deliveries'
import { runWithRequestId } from '@carillon/shared/log'
import { Problem } from '../problems/problem.ts'
import type { Services } from '../services.ts'

const sampleMs = 1_000
/** Of the time is spent on counting at most, so that a slow count does not slow down the database. */
const maxShareOfTime = 0.1
const retryAfterSeconds = 5

export interface Backpressure {
  /** Throws Problem `busy` when the last sample reached the limit. Makes no query. */
  refuseWhenBusy: () => Promise<void>
  close: () => void
}

/**
 * Counts the waiting deliveries in the background, at most once a second, when a notification is accepted. Above the limit it
 * goes on counting, so that it notices when there are fewer.
 */
export function createBackpressure ({ database, maxWaiting, log }: Pick<Services, 'database' | 'maxWaiting' | 'log'>): Backpressure {
  let isBusy = false
  let isClosed = false
  let isSampling = false
  let nextAt = 0
  let timer: NodeJS.Timeout | undefined

  async function sample (): Promise<void> {
    isSampling = true
    const startedAt = performance.now()
    // If the database cannot count, it cannot accept either, and that request reports the error.
    const waiting = await countWaiting(database, maxWaiting).catch(() => 0)
    const endedAt = performance.now()
    const pauseMs = Math.max(sampleMs, (endedAt - startedAt) / maxShareOfTime)
    nextAt = endedAt + pauseMs
    const wasBusy = isBusy
    isBusy = waiting >= maxWaiting
    if (isBusy && !wasBusy) log.warn({ waiting }, 'refuses notifications: too many deliveries wait')
    if (wasBusy && !isBusy) log.info({ waiting }, 'accepts notifications again')
    isSampling = false
    if (isBusy && !isClosed) timer = setTimeout(sample, pauseMs).unref()
  }

  return {
    refuseWhenBusy: async () => {
      if (isBusy) {
        throw new Problem('busy', `${maxWaiting} deliveries are due and wait, which is the limit. Try again after Retry-After`, {
          headers: { 'retry-after': String(retryAfterSeconds) }
        })
      }
      if (!isSampling && performance.now() >= nextAt) runWithRequestId(null, sample)
    },
    close: () => {
      isClosed = true
      clearTimeout(timer)
    }
  }
}
