import { runWithRequestId } from '@carillon/shared/log'
import type { Provider, Pull } from '@carillon/shared/providers'
import { addPulls, endPull, takePulls } from '@carillon/shared/pulls'
import { isProviderBlocked } from '@carillon/shared/throttling'
import { limitTime } from '../limit-time.ts'
import { forEachBounded } from '../for-each-bounded.ts'
import { createGate } from './gate.ts'
import { pullOne } from './pull-one.ts'
import type { PullServices } from './pull-services.ts'

/** The concurrent connections, and those taken at once. Other workers cannot take them meanwhile. */
const concurrency = 16
const maxTaken = 64
/** The maximum time of a run. The remaining pulls stay due. */
const runMs = 60_000

/**
 * Runs the pulls that are due, and returns their number. The schedule is a row per connection, because jobs in the queue may be
 * lost and would have to follow every connect and disconnect.
 */
export async function pull (services: PullServices): Promise<number> {
  let total = 0
  for (const provider of services.providers.values()) {
    if (provider.pull !== undefined) total += await pullFrom(provider, provider.pull, services)
  }
  return total
}

async function pullFrom (provider: Provider, wanted: Pull, services: PullServices): Promise<number> {
  const { database, aborting, leaseMs, log, stopping } = services
  await addPulls(database, provider.id)
  const gate = createGate(services, provider.id)
  const until = performance.now() + runMs
  let total = 0
  while (!stopping.aborted && performance.now() < until && !await isBlocked(services, provider.id)) {
    const taken = await takePulls(database, provider.id, { limit: maxTaken, leaseMs })
    if (taken.length === 0) break
    total += taken.length
    const time = limitTime(leaseMs * 10, aborting)
    await forEachBounded(taken, concurrency, (one) => runWithRequestId(one.requestId, async () => {
      // During a shutdown, the remaining pulls are due immediately for another worker.
      const reading = stopping.aborted
        ? endPull(database, one, { kind: 'later', reason: 'workerStopped', delayMs: 0 })
        : pullOne(services, provider, wanted, gate, one, time.signal)
      await reading.catch((error: unknown) => log.error({ err: error, connectionId: one.connectionId }, 'could not end a pull; it waits for the end of its lease'))
    }))
    time.release()
  }
  return total
}

/** While the provider takes no requests, pulls would only be postponed. */
async function isBlocked ({ database, breakers }: PullServices, provider: string): Promise<boolean> {
  return breakers.findBlock(provider, '') !== undefined || await isProviderBlocked(database, provider)
}
