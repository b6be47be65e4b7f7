export { createIdempotencyStore } from './idempotency-store.ts'
export type { KeyClaim, KeyState, StoredResponse } from './idempotency-store.ts'
export { forgetCaller, sweepKeys } from './sweep-keys.ts'
