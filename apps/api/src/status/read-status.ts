import { productVersion } from '@carillon/http'
import { listKeysToRenew } from '@carillon/shared/api-keys'
import { inspectDatabase } from '@carillon/shared/db'
import { listProviderStates } from '@carillon/shared/deliveries'
import { countUnplanned } from '@carillon/shared/notifications'
import { listWorkers } from '@carillon/shared/workers'
import type { Services } from '../services.ts'
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

async function readStatus ({ database, providers, perSecond, queueBackend, now, log }: Services): Promise<Status> {
  const [workers, states, unplanned, facts, queue, keysToRenew] = await Promise.all([
    listWorkers(database),
    listProviderStates(database, [...providers.keys()]),
    countUnplanned(database),
    inspectDatabase(database),
    readQueue({ queueBackend, log }),
    listKeysToRenew(database, now())
  ])
  return {
    version: productVersion,
    now: new Date(now()),
    workers,
    providers: states.map(({ provider: id, hosts, waiting }) => ({
      id,
      name: providers.get(id)?.name ?? id,
      canSend: providers.get(id)?.send !== undefined,
      perSecond: perSecond.get(id) ?? null,
      hosts,
      waiting
    })),
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
