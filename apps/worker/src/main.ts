import { ConfigError, loadConfig, providerConfig } from '@carillon/shared/config'
import type { Config } from '@carillon/shared/config'
import { createRefresher, createRegistrations } from '@carillon/shared/connections'
import { openDatabase } from '@carillon/shared/db'
import { createLog } from '@carillon/shared/log'
import { dispatchWaiting, openDeliveryQueues, releaseParked } from '@carillon/shared/notifications'
import { createHttp, createProviders, trustedOrigins } from '@carillon/shared/providers'
import { openQueueBackend } from '@carillon/shared/queue'
import { createVault } from '@carillon/shared/vault'
import { openHealth } from './health.ts'
import { startWorkers } from './workers.ts'

/** What a request under way may still take once we are asked to stop. */
const graceMs = 10_000

try {
  await run(loadConfig(process.env, ['DATABASE_URL', 'CARILLON_KEYS']))
} catch (error) {
  console.error(error instanceof ConfigError ? error.message : error)
  process.exitCode = 1
}

async function run (config: Config<'DATABASE_URL' | 'CARILLON_KEYS'>): Promise<void> {
  const log = createLog({ name: 'worker', level: config.LOG_LEVEL })
  const database = openDatabase({ url: config.DATABASE_URL })
  const backend = openQueueBackend({
    databaseUrl: config.DATABASE_URL,
    redisUrl: config.REDIS_URL,
    prefix: config.QUEUE_PREFIX,
    onError: (error) => log.warn({ err: error }, 'queue')
  })
  const providers = createProviders(providerConfig(config))
  const sending = [...providers.values()].filter(({ send }) => send !== undefined).map(({ id }) => id)
  const queues = openDeliveryQueues(backend, sending)
  const http = createHttp({
    trustedOrigins: trustedOrigins(providerConfig(config)), allowPrivateHosts: config.ALLOW_PRIVATE_HOSTS
  })
  const vault = createVault(config.CARILLON_KEYS)
  const onRecovered = async (connectionId: string): Promise<void> => {
    await releaseParked(database, [connectionId])
    await dispatchWaiting(database, queues)
  }
  const stopping = new AbortController()
  const giveUp = new AbortController()

  const workers = startWorkers({
    backend,
    services: {
      database,
      queues,
      providers,
      vault,
      http,
      registrations: createRegistrations(database, vault),
      refresher: createRefresher({ database, vault, log, onRecovered }),
      log,
      now: Date.now,
      concurrency: config.DELIVER_REQUESTS,
      leaseMs: config.DELIVER_LEASE_SECONDS * 1000,
      stopping: stopping.signal,
      giveUp: giveUp.signal
    },
    jobsPerProvider: config.DELIVER_JOBS,
    reconcileEveryMs: config.RECONCILE_SECONDS * 1000
  })
  const ready = (): Promise<unknown> => Promise.all([database.sql`select 1`, backend.ping()])
  const health = config.WORKER_HEALTH_PORT === undefined ? undefined : await openHealth(config.WORKER_HEALTH_PORT, ready)

  for (const event of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.once(event, stop)
  await ready()
  log.info({ queue: backend.kind, providers: sending }, 'ready')
  process.send?.({ ready: true })

  async function stop (): Promise<void> {
    if (stopping.signal.aborted) return
    log.info('stopping')
    stopping.abort()
    const deadline = setTimeout(() => giveUp.abort(), graceMs)
    health?.close()
    await workers.close()
    clearTimeout(deadline)
    for (const queue of queues.values()) await queue.close()
    await Promise.all([backend.close(), http.close(), database.close()])
    log.info('stopped')
    process.exit(0)
  }
}
