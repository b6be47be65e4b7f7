import type { Test } from 'tap'
import { openQueueBackend } from '../../src/queue/index.ts'
import type { JobQueue, JobWorker, QueueBackend, WorkerOptions } from '../../src/queue/index.ts'

export interface QueueAddress {
  databaseUrl: string
  redisUrl?: string | undefined
  prefix: string
}

/** One queue of a backend. The queue, its workers and the backend end with the test. */
export function openTestQueue<Data = unknown> (t: Test, address: QueueAddress, name = 'test'): {
  backend: QueueBackend
  queue: JobQueue<Data>
  /** The errors that `onError` has received. */
  errors: Error[]
  startWorker: (process: (data: Data) => Promise<void>, options?: Partial<WorkerOptions>) => JobWorker
} {
  const errors: Error[] = []
  const backend = openQueueBackend({ ...address, onError: (error) => { errors.push(error) } })
  const queue = backend.openQueue<Data>(name)
  const workers: JobWorker[] = []
  t.teardown(async () => {
    await Promise.all(workers.map((worker) => worker.close()))
    await queue.close()
    await backend.close()
  })
  return {
    backend,
    queue,
    errors,
    startWorker: (process, options) => {
      const worker = backend.openWorker<Data>(name, process, { concurrency: 1, lockMs: 10_000, ...options })
      workers.push(worker)
      return worker
    }
  }
}
