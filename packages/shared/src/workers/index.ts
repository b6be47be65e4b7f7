export { listWorkers } from './list-workers.ts'
export type { WorkerState } from './list-workers.ts'
export { recordHeartbeat, removeWorker } from './record-heartbeat.ts'
