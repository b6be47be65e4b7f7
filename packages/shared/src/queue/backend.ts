import { Queue, Worker, createPostgresBackend, withBackend } from 'bullmq'
import type { PgPool, WorkerOptions as BullWorkerOptions } from 'bullmq'
import { Redis } from 'ioredis'
import { parseDatabaseUrl } from '../postgres/index.ts'
import { StoreError } from '../stores/store-error.ts'
import { withTimeout, storeTimeoutMs } from './with-timeout.ts'
import { asJobQueue } from './as-job-queue.ts'
import { asJobWorker } from './as-job-worker.ts'
import { checkQueueTables } from './check-queue-tables.ts'
import { checkRedis, isReadOnly, toRedisStoreError } from './check-redis.ts'
import type { QueueBackend, WorkerOptions } from './job-queue.ts'
import { openPatientPool } from './open-patient-pool.ts'
import { probeQueue, probeQueueName } from './probe-queue.ts'

export interface QueueBackendOptions {
  databaseUrl: string
  /** Absent: jobs live in PostgreSQL. */
  redisUrl?: string | undefined
  /** Redis: the prefix of every key. Deployments that share a Redis need different ones. */
  prefix: string
  /** Hears of every lost connection and failed job; none of them ends the process. */
  onError: (error: Error) => void
}

/** BullMQ on the store that the options name. Opens without it, and starts to work once it is there. */
export function openQueueBackend (options: QueueBackendOptions): QueueBackend {
  const own = { ...options, onError: onceEach(options.onError) }
  return own.redisUrl === undefined ? openPostgres(own) : openRedis(own, own.redisUrl)
}

/** How long Redis may send nothing while it owes an answer. BullMQ's longest blocking command takes ten seconds. */
const redisQuietMs = 14_000
/** A worker looks for jobs at least this often, should the notice of one be lost. */
const maxBlockSeconds = 10
/** BullMQ renews the lock of a running job. Much shorter than a lease: a job taken over a lost connection is taken again soon. */
const maxLockMs = 15_000
const stalledCheckMs = 5_000

/** Nothing is kept of a finished job: the deliveries' rows tell what became of it. */
const defaultJobOptions = { removeOnComplete: true, removeOnFail: true }

function openRedis ({ prefix, onError }: QueueBackendOptions, url: string): QueueBackend {
  // Not `lazyConnect`: BullMQ waits for its first try alone, and a queue or worker whose first try failed is lost for ever.
  const connect = (maxRetriesPerRequest: number | null): Redis =>
    // READONLY: the address has come to lead to a replica, or this connection still leads to what is one now.
    new Redis(url, {
      maxRetriesPerRequest, connectTimeout: storeTimeoutMs, socketTimeout: redisQuietMs, reconnectOnError: isReadOnly
    }).on('error', onError)
  // Adding fails soon while Redis is away (reconcile makes up for it); a worker waits for it to come back.
  const adding = connect(1)
  let working: Redis | undefined
  const ping = (): Promise<unknown> => withTimeout(adding.ping())
  let probed: Queue | undefined
  return {
    kind: 'redis',
    openQueue: (name) => asJobQueue(new Queue(name, { connection: adding, prefix, defaultJobOptions }), onError),
    openWorker: (name, process, options) => {
      const connection = working ??= connect(null)
      return asJobWorker(
        (run) => new Worker(name, run, { ...workerOptions(options), connection, prefix }), process, { ping, onError })
    },
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
    close: async () => { for (const connection of [adding, working]) connection?.disconnect() }
  }
}

function openPostgres ({ databaseUrl, onError }: QueueBackendOptions): QueueBackend {
  const address = parseDatabaseUrl(databaseUrl)
  if (address.isPgBouncer) {
    throw new StoreError('REDIS_URL is missing, and DATABASE_URL has pgbouncer=true: jobs in PostgreSQL need sessions that last (LISTEN), ' +
      'which PgBouncer does not give. Set REDIS_URL, or let DATABASE_URL lead to PostgreSQL itself.')
  }
  const bull = withBackend((...wanted: Parameters<typeof createPostgresBackend>) =>
    // Its own hour relies on notices that a lost connection does not bring.
    Object.defineProperty(createPostgresBackend(...wanted), 'maximumBlockTimeout', { value: maxBlockSeconds }))
  // BullMQ pins its schema only on pools of its own, and a pool per queue would be too many connections.
  const pool = openPatientPool(address, { max: 16, applicationName: 'carillon-queue', searchPath: 'bullmq' })
  pool.setMaxListeners(0) // each queue and worker listens to it
  pool.on('error', onError)
  const connection = pool as unknown as PgPool // the same methods; only the overloads of `on` differ
  const ping = (): Promise<unknown> => withTimeout(pool.query('select 1'))
  const openProbed = () => new bull.Queue(probeQueueName, { connection }).on('error', onError)
  let probed: ReturnType<typeof openProbed> | undefined
  return {
    kind: 'postgres',
    openQueue: (name) => asJobQueue(new bull.Queue(name, { connection, defaultJobOptions }), onError),
    openWorker: (name, process, options) => asJobWorker(
      (run) => new bull.Worker(name, run, { ...workerOptions(options), connection }), process, { ping, onError }),
    ping: async () => { await ping() },
    check: async () => {
      await withTimeout(checkQueueTables(connection))
      probed ??= openProbed()
      await probeQueue(probed)
      return undefined
    },
    close: () => pool.end()
  }
}

function workerOptions ({ concurrency, lockMs }: WorkerOptions): Omit<BullWorkerOptions, 'connection'> {
  const lockDuration = Math.min(lockMs, maxLockMs)
  return { concurrency, lockDuration, stalledInterval: Math.min(lockMs, stalledCheckMs), maxStalledCount: 1_000, drainDelay: 5 }
}

/** Queues and workers that share a connection each tell of its errors. */
function onceEach (onError: (error: Error) => void): (error: Error) => void {
  const told = new WeakSet<Error>()
  return (error) => {
    if (told.has(error)) return
    told.add(error)
    onError(error)
  }
}
