export { openQueueBackend } from './backend.ts'

export type { JobQueue, JobWorker, NewJob, QueueBackend, RedisFacts, WorkerOptions } from './job-queue.ts'
export { migrateQueue } from './migrate.ts'
export type { SharedCounts } from './shared-counts.ts'
