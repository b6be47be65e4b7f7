export { enqueuePull, pullQueueName } from './enqueue.ts'
export type { PullJob } from './enqueue.ts'
export { findPull, listInsights, sumInsights } from './read.ts'
export type { InsightsFilter, InsightsPlace, InsightsRow, PullStatus } from './read.ts'
export {
  accountsToRead, accountWaitMs, endAccount, endListing, limitAccount, PullLeaseLostError, removeOtherDays, renewPull,
  storeAccounts, storeDays
} from './store.ts'
export type { AccountToRead } from './store.ts'
export { addPulls, endPull, requestPull, takePulls } from './take.ts'
export type { PullEnd, TakenPull } from './take.ts'
