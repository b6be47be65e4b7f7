export { createLog } from './log.ts'
export type { Log } from './log.ts'
export { currentIpAddress, currentRequestId, runWithRequestId } from './request-id.ts'
export { logRepeats } from './log-repeats.ts'
