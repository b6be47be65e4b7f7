import { Queue, Worker, createPostgresBackend, withBackend } from 'bullmq'
import type { PgPool, Telemetry, WorkerOptions as BullWorkerOptions } from 'bullmq'
import { Redis } from 'ioredis'
import { createQueueTelemetry } from './queue-telemetry.ts'
import type { Tracing } from '../tracing/index.ts'
import { parseDatabaseUrl } from '../postgres/index.ts'
import { StoreError } from '../stores/store-error.ts'
import { withTimeout, storeTimeoutMs } from './with-timeout.ts'
import { asJobQueue } from './as-job-queue.ts'
import { asJobWorker } from './as-job-worker.ts'
import { checkQueueTables } from './check-queue-tables.ts'
import { checkRedis, inspectRedis, isReadOnly, toRedisStoreError } from './check-redis.ts'
import type { QueueBackend, WorkerOptions } from './job-queue.ts'
import { openReconnectingPool } from './open-reconnecting-pool.ts'
import { probeQueue, probeQueueName } from './probe-queue.ts'
import { openSharedCounts } from './shared-counts.ts'

export interface QueueBackendOptions {
  databaseUrl: string
  /** When absent, jobs are stored in PostgreSQL. */
  redisUrl?: string | undefined
  /** The prefix of every Redis key. Deployments that share a Redis need different prefixes. */
  prefix: string
  tracing?: Tracing | undefined
  /** Called with each connection error and failed job. None of them ends the process. */
  onError: (error: Error) => void
}

/** Opens BullMQ on the configured store. The store may be unreachable: work starts once it is available. */
export function openQueueBackend (options: QueueBackendOptions): QueueBackend {
  const own = { ...options, onError: onceEach(options.onError) }
  return own.redisUrl === undefined ? openPostgres(own) : openRedis(own, own.redisUrl)
}

/** How long Redis may send nothing while a response is due. BullMQ's longest blocking command takes ten seconds. */
const redisQuietMs = 14_000
/** A worker checks for jobs at least this often, in case a notification is lost. */
const maxBlockSeconds = 10
/** BullMQ renews the lock of a running job. A short lock lets another worker soon take a job whose connection was lost. */
const maxLockMs = 15_000
const stalledCheckMs = 5_000

/** Finished jobs are removed: the rows of the deliveries record the results. */
const defaultJobOptions = { removeOnComplete: true, removeOnFail: true }

function openRedis ({ prefix, tracing, onError }: QueueBackendOptions, url: string): QueueBackend {
  // No `lazyConnect`: BullMQ waits only for the first attempt, and a queue or worker whose first attempt failed never recovers.
  const connect = (maxRetriesPerRequest: number | null): Redis =>
    // READONLY: the address now points to a replica, or this connection leads to a Redis that has become one.
    new Redis(url, {
      maxRetriesPerRequest, connectTimeout: storeTimeoutMs, socketTimeout: redisQuietMs, reconnectOnError: isReadOnly
    }).on('error', onError)
  // Adding fails fast while Redis is unreachable, and reconcile adds the job later. A worker waits until Redis returns.
  const adding = connect(1)
  let working: Redis | undefined
  const telemetry = telemetryOf(tracing)
  const ping = (): Promise<unknown> => withTimeout(adding.ping())
  let probed: Queue | undefined
  return {
    kind: 'redis',
    openQueue: (name) => asJobQueue(new Queue(name, { connection: adding, prefix, defaultJobOptions, ...telemetry }), onError),
    openWorker: (name, process, options) => {
      const connection = working ??= connect(null)
      const worker = { ...workerOptions(options), ...telemetry }
      return asJobWorker((run) => new Worker(name, run, { ...worker, connection, prefix }), process, { ping, onError })
    },
    openCounts: (options) => openSharedCounts(adding, prefix, options),
    ping: async () => { await ping() },
    check: async () => {
      try {
        const warning = await checkRedis(adding)
        probed ??= new Queue(probeQueueName, { connection: adding, prefix, skipWaitingForReady: true }).on('error', onError)
        await probeQueue(probed)
        return warning
      } catch (error) {
        throw toRedisStoreError(error)
      }
    },
    countConnections: () => ({}),
    inspect: () => inspectRedis(adding),
    close: async () => { for (const connection of [adding, working]) connection?.disconnect() }
  }
}

function openPostgres ({ databaseUrl, tracing, onError }: QueueBackendOptions): QueueBackend {
  const address = parseDatabaseUrl(databaseUrl)
  if (address.isPgBouncer) {
    throw new StoreError('REDIS_URL is missing, and DATABASE_URL has pgbouncer=true: jobs in PostgreSQL need sessions that last (LISTEN), ' +
      'which PgBouncer does not give. Set REDIS_URL, or let DATABASE_URL lead to PostgreSQL itself.')
  }
  const bull = withBackend((...wanted: Parameters<typeof createPostgresBackend>) =>
    // BullMQ's default of one hour relies on notifications, which a lost connection does not deliver.
    Object.defineProperty(createPostgresBackend(...wanted), 'maximumBlockTimeout', { value: maxBlockSeconds }))
  // BullMQ sets its schema only on its own pools, and one pool per queue would need too many connections.
  const pool = openReconnectingPool(address, { max: 16, applicationName: 'carillon-queue', searchPath: 'bullmq' })
  pool.setMaxListeners(0) // each queue and worker listens to it
  pool.on('error', onError)
  const connection = pool as unknown as PgPool // the same methods; only the overloads of `on` differ
  const ping = (): Promise<unknown> => withTimeout(pool.query('select 1'))
  const telemetry = telemetryOf(tracing)
  const openProbed = () => new bull.Queue(probeQueueName, { connection }).on('error', onError)
  let probed: ReturnType<typeof openProbed> | undefined
  return {
    kind: 'postgres',
    openQueue: (name) => asJobQueue(new bull.Queue(name, { connection, defaultJobOptions, ...telemetry }), onError),
    openWorker: (name, process, options) => {
      // An idle worker keeps a connection to listen on. Without one of its own, many providers would use up the pool.
      pool.options.max += 1
      const worker = { ...workerOptions(options), ...telemetry }
      return asJobWorker((run) => new bull.Worker(name, run, { ...worker, connection }), process, { ping, onError })
    },
    openCounts: () => undefined,
    ping: async () => { await ping() },
    check: async () => {
      await withTimeout(checkQueueTables(connection))
      probed ??= openProbed()
      await probeQueue(probed)
      return undefined
    },
    countConnections: () => ({ busy: pool.totalCount - pool.idleCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    inspect: async () => undefined,
    close: () => pool.end()
  }
}

function workerOptions ({ concurrency, lockMs }: WorkerOptions): Omit<BullWorkerOptions, 'connection'> {
  const lockDuration = Math.min(lockMs, maxLockMs)
  return { concurrency, lockDuration, stalledInterval: Math.min(lockMs, stalledCheckMs), maxStalledCount: 1_000, drainDelay: 5 }
}

function telemetryOf (tracing: Tracing | undefined): { telemetry?: Telemetry } {
  return tracing === undefined ? {} : { telemetry: createQueueTelemetry(tracing) }
}

/** Queues and workers that share a connection each report its errors. */
function onceEach (onError: (error: Error) => void): (error: Error) => void {
  const reported = new WeakSet<Error>()
  return (error) => {
    if (reported.has(error)) return
    reported.add(error)
    onError(error)
  }
}
