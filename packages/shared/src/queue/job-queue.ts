/**
 * One job to add. The same `id` twice is a no-op while the first exists. It must not contain `:`, nor be a plain word: on
 * Redis, `delayed` or `failed` is a key of BullMQ's own.
 */
export interface NewJob<Data> {
  id: string
  /** Ids only: what is in a queue can be read by whoever reads the queue. */
  data: Data
  /** Milliseconds from now; 0 or absent is at once. */
  delayMs?: number
}

export interface JobQueue<Data> {
  add: (jobs: Array<NewJob<Data>>) => Promise<void>
  /** Of these job ids, the ones that still wait, run or are delayed. */
  live: (ids: string[]) => Promise<Set<string>>
  /** Of these job ids, the ones that a worker may take now: they are neither delayed nor taken already. */
  waiting: (ids: string[]) => Promise<Set<string>>
  /**
   * Runs a job every `everyMs`. Calling it again changes nothing while the schedule is there and on time. It restores a schedule
   * that was lost, or moved by a machine with another clock.
   */
  schedule: (id: string, everyMs: number, data: Data) => Promise<void>
  close: () => Promise<void>
}

export interface WorkerOptions {
  /** Jobs at a time in this process. */
  concurrency: number
  /** How long a job of a worker that died stays with it, in milliseconds. */
  lockMs: number
}

export interface JobWorker {
  /** Takes no more jobs, and waits for those that run. */
  close: () => Promise<void>
}

/** Where jobs live: Redis when there is one, else PostgreSQL. The rest of Carillon cannot tell the difference. */
export interface QueueBackend {
  readonly kind: 'redis' | 'postgres'
  openQueue: <Data>(name: string) => JobQueue<Data>
  openWorker: <Data>(name: string, process: (data: Data) => Promise<void>, options: WorkerOptions) => JobWorker
  /** Rejects when the store does not answer. */
  ping: () => Promise<void>
  /**
   * Rejects when jobs cannot be kept here, with a StoreError where waiting does not help. Resolves to a warning for the
   * operator, if there is one. To be called before a queue or worker is opened: BullMQ remembers a failed start for ever.
   */
  check: () => Promise<string | undefined>
  /** Closes what queues and workers share; close those first. */
  close: () => Promise<void>
}
