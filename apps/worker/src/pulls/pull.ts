import type { Provider, Pull } from '@carillon/shared/providers'
import { addPulls, endPull, takePulls } from '@carillon/shared/pulls'
import { isProviderBlocked } from '@carillon/shared/throttling'
import { limitTime } from '../limit-time.ts'
import { forEachBounded } from '../for-each-bounded.ts'
import { createGate } from './gate.ts'
import { pullOne } from './pull-one.ts'
import type { PullServices } from './pull-services.ts'

/** Connections that are read at a time, and how many are taken in advance: what is taken stays away from other workers. */
const concurrency = 16
const takenAtOnce = 64
/** A run ends in time for the next one; what is left over is due still. */
const runMs = 60_000

/**
 * Reads what is due. Each connection has a row that says when, found by one statement for all that are due together: a schedule
 * per connection in the queue would be lost with it, and would have to follow every connect and disconnect. Answers how many
 * connections were read.
 */
export async function pull (services: PullServices): Promise<number> {
  let total = 0
  for (const provider of services.providers.values()) {
    if (provider.pull !== undefined) total += await pullFrom(provider, provider.pull, services)
  }
  return total
}

async function pullFrom (provider: Provider, wanted: Pull, services: PullServices): Promise<number> {
  const { database, giveUp, leaseMs, log, stopping } = services
  await addPulls(database, provider.id)
  const gate = createGate(services, provider.id)
  const until = performance.now() + runMs
  let total = 0
  while (!stopping.aborted && performance.now() < until && !await isBlocked(services, provider.id)) {
    const taken = await takePulls(database, provider.id, { limit: takenAtOnce, leaseMs })
    if (taken.length === 0) break
    total += taken.length
    const time = limitTime(leaseMs * 10, giveUp)
    await forEachBounded(taken, concurrency, async (one) => {
      // What has not begun when we are to stop is somebody else's at once.
      const reading = stopping.aborted
        ? endPull(database, one, { kind: 'later', reason: 'workerStopped', delayMs: 0 })
        : pullOne(services, provider, wanted, gate, one, time.signal)
      await reading.catch((error: unknown) => log.error({ err: error, connectionId: one.connectionId }, 'a pull waits for its lease to end'))
    })
    time.release()
  }
  return total
}

/** While the provider takes no requests, pulls would only be postponed. */
async function isBlocked ({ database, breakers }: PullServices, provider: string): Promise<boolean> {
  return breakers.closed(provider, '') !== undefined || await isProviderBlocked(database, provider)
}
