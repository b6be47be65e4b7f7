import { productVersion } from '@carillon/http'
import { listKeysToRenew } from '@carillon/shared/api-keys'
import { inspectDatabase } from '@carillon/shared/db'
import { countUnplanned } from '@carillon/shared/notifications'
import { listWorkers } from '@carillon/shared/workers'
import type { Services } from '../services.ts'
import { readProviders } from './read-providers.ts'
import type { QueueStatus, Status } from './status.ts'

/** Monitoring may ask often, so requests within this time share one reading. */
const maxAgeMs = 1_000

/** Creates the function that reads the status with a few statements, at most once a second. */
export function createStatusReader (services: Services): () => Promise<Status> {
  let last: { at: number, status: Promise<Status> } | undefined
  return () => {
    if (last === undefined || performance.now() - last.at >= maxAgeMs) {
      const reading = { at: performance.now(), status: readStatus(services) }
      // The next request tries again after a failure.
      reading.status.catch(() => { if (last === reading) last = undefined })
      last = reading
    }
    return last.status
  }
}

async function readStatus (services: Services): Promise<Status> {
  const { database, now } = services
  const [workers, providers, unplanned, facts, queue, keysToRenew] = await Promise.all([
    listWorkers(database),
    readProviders(services),
    countUnplanned(database),
    inspectDatabase(database),
    readQueue(services),
    listKeysToRenew(database, now())
  ])
  return {
    version: productVersion,
    now: new Date(now()),
    workers,
    providers,
    unplanned,
    database: facts,
    queue,
    keysToRenew
  }
}

/** The rest of the status is readable while Redis is unavailable. */
async function readQueue ({ queueBackend, log }: Pick<Services, 'queueBackend' | 'log'>): Promise<QueueStatus> {
  const { kind } = queueBackend
  try {
    return { kind, redis: await queueBackend.inspect() }
  } catch (error) {
    log.warn({ err: error }, 'could not read the state of Redis')
    return { kind, redis: null }
  }
}
