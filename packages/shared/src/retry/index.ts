export { exponentialBackoff } from './exponential-backoff.ts'
export { poll } from './poll.ts'
export { retry } from './retry.ts'
