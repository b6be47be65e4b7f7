import { countWaiting } from '@carillon/shared/deliveries'
import { Problem } from '../problems/problem.ts'
import type { Services } from '../services.ts'

const sampleMs = 1_000
/** Of the time, so that a count which is slow does not make everything slower. */
const mostOfTime = 0.1
const retryAfterSeconds = 5

export interface Backpressure {
  /** Throws `busy` when as much waits as may. Asks the database nothing: it goes by the last sample. */
  refuseWhenBusy: () => Promise<void>
  close: () => void
}

/**
 * Keeps an eye on how much waits: a sample is taken in the background, once a second at most, when something is accepted. While
 * there is too much it goes on without being asked, so that the end is noticed.
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
    // A database that cannot count cannot accept either, and says so itself.
    const waiting = await countWaiting(database, maxWaiting).catch(() => 0)
    const endedAt = performance.now()
    const pauseMs = Math.max(sampleMs, (endedAt - startedAt) / mostOfTime)
    nextAt = endedAt + pauseMs
    const wasBusy = isBusy
    isBusy = waiting >= maxWaiting
    if (isBusy && !wasBusy) log.warn({ waiting }, 'accepts no notifications: too much waits')
    if (wasBusy && !isBusy) log.info({ waiting }, 'accepts notifications again')
    isSampling = false
    if (isBusy && !isClosed) timer = setTimeout(sample, pauseMs).unref()
  }

  return {
    refuseWhenBusy: async () => {
      if (isBusy) {
        throw new Problem('busy', `${maxWaiting} deliveries are due and wait, which is as many as may`, {
          headers: { 'retry-after': String(retryAfterSeconds) }
        })
      }
      if (!isSampling && performance.now() >= nextAt) sample()
    },
    close: () => {
      isClosed = true
      clearTimeout(timer)
    }
  }
}
