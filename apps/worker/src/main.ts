import type { Server } from 'node:http'
import { ConfigError, findUnknownVariables, loadConfig, pullPace } from '@carillon/shared/config'
import type { Config } from '@carillon/shared/config'
import { createRefresher, createRegistrations } from '@carillon/shared/connections'
import { checkDatabase, checkWritable, openClock, openDatabase } from '@carillon/shared/db'
import { createLog, logRepeats } from '@carillon/shared/log'
import { dispatchWaiting, openDeliveryQueues, releaseParked } from '@carillon/shared/deliveries'
import { createFileStore, createProviders, maxPerSecond, trustedOrigins } from '@carillon/shared/providers'
import { createHttp } from '@carillon/shared/http'
import { openQueueBackend } from '@carillon/shared/queue'
import { createReadiness, startStores, StoreError } from '@carillon/shared/stores'
import { createVault } from '@carillon/shared/vault'
import { createBreakers } from '@carillon/shared/throttling'
import { openHealth } from './health.ts'
import { startWorkers } from './workers.ts'

/** What a request under way may still take once we are asked to stop. */
const graceMs = 10_000
/** And all the rest: a store that does not answer must not keep us. What we hold then falls to the next worker. */
const longestFarewellMs = 14_000

try {
  await run(loadConfig(process.env, ['DATABASE_URL', 'CARILLON_KEYS']))
} catch (error) {
  console.error(error instanceof ConfigError || error instanceof StoreError ? error.message : error)
  process.exit(1)
}

async function run (config: Config<'DATABASE_URL' | 'CARILLON_KEYS'>): Promise<void> {
  const log = createLog({ name: 'worker', level: config.LOG_LEVEL })
  for (const { warning } of findUnknownVariables(process.env)) log.warn(warning)
  const stopping = new AbortController()
  const giveUp = new AbortController()
  const closers: Array<() => unknown> = []
  // Not `once`: the second signal would find no listener and end us in the middle.
  for (const event of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.on(event, stop)
  // The parent was gone before we could hear of it.
  if (process.connected === false) stop()

  const database = openDatabase({ url: config.DATABASE_URL })
  closers.push(() => database.close())
  const backend = openQueueBackend({
    databaseUrl: config.DATABASE_URL,
    redisUrl: config.REDIS_URL,
    prefix: config.QUEUE_PREFIX,
    onError: logRepeats(log, 'warn', 'queue')
  })
  closers.push(() => backend.close())
  const { HOST: host, WORKER_HEALTH_PORT: port } = config
  if (port !== undefined) {
    const server = await listen({ host, port }, createReadiness({
      checkDatabase: () => checkWritable(database),
      checkQueue: backend.check,
      queueKind: backend.kind,
      onError: logRepeats(log, 'warn', 'not ready')
    }))
    closers.push(() => { server.close() })
  }
  try {
    await startStores({
      checkDatabase: () => checkDatabase(database),
      checkQueue: backend.check,
      queueKind: backend.kind,
      waitSeconds: config.START_WAIT_SECONDS,
      signal: stopping.signal,
      log
    })
  } catch (error) {
    if (stopping.signal.aborted) return // asked to stop before
    throw error
  }

  const clock = openClock(database)
  closers.push(() => clock.close())
  const providers = createProviders(config)
  const sending = [...providers.values()].filter(({ send }) => send !== undefined).map(({ id }) => id)
  const queues = openDeliveryQueues(backend, sending)
  closers.push(() => queues.close())
  const http = createHttp({
    trustedOrigins: trustedOrigins(providers),
    allowPrivateHosts: config.ALLOW_PRIVATE_HOSTS,
    signal: giveUp.signal,
    onRefused: (host) => log.info({ host }, 'refused a host that is not public; ALLOW_PRIVATE_HOSTS permits it')
  })
  closers.push(() => http.close())
  const vault = createVault(config.CARILLON_KEYS)
  const onRecovered = async (connectionId: string): Promise<void> => {
    await releaseParked(database, [connectionId])
    await dispatchWaiting(database, queues)
  }

  const workers = startWorkers({
    backend,
    services: {
      database,
      queues,
      providers,
      perSecond: maxPerSecond(config),
      breakers: createBreakers({ database, log, now: clock.now }),
      vault,
      http,
      fileStore: createFileStore(),
      registrations: createRegistrations(database, vault, clock.now),
      refresher: createRefresher({ database, vault, log, onRecovered }),
      log,
      now: clock.now,
      concurrency: config.DELIVER_REQUESTS,
      leaseMs: config.DELIVER_LEASE_SECONDS * 1000,
      retentionDays: config.RETENTION_DAYS,
      pace: pullPace(config),
      stopping: stopping.signal,
      giveUp: giveUp.signal
    },
    jobsPerProvider: config.DELIVER_JOBS,
    reconcileEveryMs: config.RECONCILE_SECONDS * 1000
  })
  closers.push(() => workers.close())
  log.info({ queue: backend.kind, providers: sending }, 'ready')
  if (process.connected) process.send?.({ ready: true })

  function stop (): void {
    if (stopping.signal.aborted) return
    log.info('stopping')
    stopping.abort()
    setTimeout(() => giveUp.abort(), graceMs)
    setTimeout(() => {
      log.error('did not close in time')
      process.exit(1)
    }, longestFarewellMs)
    close().then(() => {
      log.info('stopped')
      process.exit(0)
    }, (error: unknown) => {
      log.error({ err: error }, 'did not close in order')
      process.exit(1)
    })
  }

  /** In the reverse order of opening. */
  async function close (): Promise<void> {
    for (const closer of closers.splice(0).reverse()) await closer()
  }
}

function listen (at: { host: string, port: number }, findFaults: () => Promise<string[]>): Promise<Server> {
  return openHealth(at, findFaults).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EADDRINUSE') throw new ConfigError([`WORKER_HEALTH_PORT ${at.port} is in use already`])
    throw new ConfigError([`HOST: the worker's health server cannot listen on ${at.host} (${error.code})`])
  })
}
