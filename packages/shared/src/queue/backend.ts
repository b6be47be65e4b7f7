import { Queue, Worker, createPostgresBackend, withBackend } from 'bullmq'
import type { PgPool, WorkerOptions as BullWorkerOptions } from 'bullmq'
import { Redis } from 'ioredis'
import pg from 'pg'
import type { JobQueue, JobWorker, QueueBackend, WorkerOptions } from './job-queue.ts'

export interface QueueBackendOptions {
  databaseUrl: string
  /** Absent: jobs live in PostgreSQL. */
  redisUrl?: string | undefined
  /** Redis: the prefix of every key. Deployments that share a Redis need different ones. */
  prefix: string
  /** Hears of every lost connection and failed job; none of them ends the process. */
  onError: (error: Error) => void
}

/** BullMQ on the store that the options name. Connects when first used. */
export function openQueueBackend (options: QueueBackendOptions): QueueBackend {
  return options.redisUrl === undefined ? openPostgres(options) : openRedis(options, options.redisUrl)
}

/** Nothing is kept of a finished job: the deliveries' rows tell what became of it. */
const defaultJobOptions = { removeOnComplete: true, removeOnFail: true }

function openRedis ({ prefix, onError }: QueueBackendOptions, url: string): QueueBackend {
  // Adding fails at once while Redis is away (reconcile makes up for it); a worker waits for it to come back.
  const adding = new Redis(url, { maxRetriesPerRequest: 1, connectTimeout: 5_000, lazyConnect: true })
  const working = new Redis(url, { maxRetriesPerRequest: null, lazyConnect: true })
  for (const connection of [adding, working]) connection.on('error', onError)
  return {
    kind: 'redis',
    openQueue: (name) => asQueue(new Queue(name, { connection: adding, prefix, defaultJobOptions }), onError),
    openWorker: (name, process, options) => asWorker(
      new Worker(name, async ({ data }) => process(data), { ...workerOptions(options), connection: working, prefix }), onError),
    ping: async () => { await adding.ping() },
    close: async () => { for (const connection of [adding, working]) connection.disconnect() }
  }
}

function openPostgres ({ databaseUrl, onError }: QueueBackendOptions): QueueBackend {
  const bull = withBackend(createPostgresBackend)
  // BullMQ pins its schema only on pools of its own, and a pool per queue would be too many connections.
  const pool = new pg.Pool({
    connectionString: databaseUrl, max: 16, options: '-c search_path=bullmq', keepAlive: true, application_name: 'carillon-queue'
  })
  pool.on('error', onError)
  const connection = pool as unknown as PgPool // the same methods; only the overloads of `on` differ
  return {
    kind: 'postgres',
    openQueue: (name) => asQueue(new bull.Queue(name, { connection, defaultJobOptions }), onError),
    openWorker: (name, process, options) => asWorker(
      new bull.Worker(name, async ({ data }) => process(data), { ...workerOptions(options), connection }), onError),
    ping: async () => { await pool.query('select 1') },
    close: () => pool.end()
  }
}

function workerOptions ({ concurrency, lockMs }: WorkerOptions): Omit<BullWorkerOptions, 'connection'> {
  return { concurrency, lockDuration: lockMs, stalledInterval: lockMs, maxStalledCount: 10, drainDelay: 5 }
}

/** What both backends' queues have in common. */
interface BullQueue {
  addBulk: (jobs: Array<{ name: string, data: unknown, opts: { jobId: string, delay: number } }>) => Promise<unknown>
  getJob: (id: string) => Promise<unknown>
  getJobScheduler: (id: string) => Promise<{ every?: number | undefined } | undefined>
  upsertJobScheduler: (id: string, repeat: { every: number }, template: { name: string, data: unknown }) => Promise<unknown>
  close: () => Promise<void>
  on: (event: 'error', listener: (error: Error) => void) => unknown
}

function asQueue<Data> (queue: BullQueue, onError: (error: Error) => void): JobQueue<Data> {
  queue.on('error', onError)
  return {
    add: async (jobs) => {
      await queue.addBulk(jobs.map(({ id, data, delayMs = 0 }) => ({ name: 'job', data, opts: { jobId: id, delay: Math.ceil(delayMs) } })))
    },
    live: async (ids) => {
      const jobs = await Promise.all(ids.map((id) => queue.getJob(id)))
      return new Set(ids.filter((_, index) => jobs[index] !== undefined))
    },
    schedule: async (id, everyMs, data) => {
      if ((await queue.getJobScheduler(id))?.every === everyMs) return
      await queue.upsertJobScheduler(id, { every: everyMs }, { name: 'job', data })
    },
    close: () => queue.close()
  }
}

interface BullWorker {
  close: () => Promise<void>
  on: ((event: 'error', listener: (error: Error) => void) => unknown) & ((event: 'failed', listener: (job: unknown, error: Error) => void) => unknown)
}

function asWorker (worker: BullWorker, onError: (error: Error) => void): JobWorker {
  worker.on('error', onError)
  worker.on('failed', (_job, error) => onError(error))
  return { close: () => worker.close() }
}
