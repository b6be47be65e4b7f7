import type { SharedCounts, SharedCountsOptions } from './shared-counts.ts'

/**
 * One job to add. Adding an existing `id` again has no effect. An `id` must not contain `:`, nor be a plain word: on Redis,
 * `delayed` or `failed` is a key of BullMQ's own.
 */
export interface NewJob<Data> {
  id: string
  /** Ids only, because any reader of the queue can read its data. */
  data: Data
  /** Milliseconds from now. 0 or absent: immediately. */
  delayMs?: number
}

export interface JobQueue<Data> {
  add: (jobs: Array<NewJob<Data>>) => Promise<void>
  /** Returns the ids of jobs that exist: waiting, running or delayed. */
  live: (ids: string[]) => Promise<Set<string>>
  /** Returns the ids of jobs that a worker may take now: neither delayed nor running. */
  waiting: (ids: string[]) => Promise<Set<string>>
  /**
   * Runs a job every `everyMs`. Calling it again has no effect while the schedule exists and is on time. It restores a schedule
   * that was lost, or that a machine with a wrong clock has moved.
   */
  schedule: (id: string, everyMs: number, data: Data) => Promise<void>
  close: () => Promise<void>
}

export interface WorkerOptions {
  /** The maximum number of concurrent jobs in this process. */
  concurrency: number
  /** How long a dead worker keeps the lock of its job, in milliseconds. */
  lockMs: number
}

export interface JobWorker {
  /** Stops taking jobs, and waits for the running ones. */
  close: () => Promise<void>
}

export interface RedisFacts {
  product: 'Redis' | 'Valkey'
  /** Null, like the policy, when the hosting provider forbids the command that reads it. */
  version: string | null
  evictionPolicy: string | null
  /** How far the clock of this machine is ahead of that of Redis. */
  clockAheadMs: number
}

/** The store of the jobs: Redis if configured, otherwise PostgreSQL. Callers use both in the same way. */
export interface QueueBackend {
  readonly kind: 'redis' | 'postgres'
  openQueue: <Data>(name: string) => JobQueue<Data>
  openWorker: <Data>(name: string, process: (data: Data) => Promise<void>, options: WorkerOptions) => JobWorker
  /** Counts in Redis. Undefined for PostgreSQL, where every addition would write a row. */
  openCounts: (options: SharedCountsOptions) => SharedCounts | undefined
  /** Rejects when the store does not respond. */
  ping: () => Promise<void>
  /**
   * Rejects when the store cannot hold jobs, with a StoreError if waiting does not help. Resolves to a warning for the
   * operator, if any. Call it before a queue or worker is opened, because BullMQ never recovers from a failed start.
   */
  check: () => Promise<string | undefined>
  /** The connections of the queue's pool by state. `waiting` counts the callers that wait for one. Empty on Redis. */
  countConnections: () => Record<string, number>
  /** Facts about Redis. Undefined when the jobs are in PostgreSQL. Rejects when Redis does not respond. */
  inspect: () => Promise<RedisFacts | undefined>
  /** Closes the shared connections. Close the queues and workers first. */
  close: () => Promise<void>
}
