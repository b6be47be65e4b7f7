export { listWorkers } from './list-workers.ts'
export type { WorkerState } from './list-workers.ts'
export { recordBeat, removeWorker } from './record-beat.ts'
