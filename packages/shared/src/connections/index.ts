export { listEvents } from './events.ts'
export type { ConnectionEvent } from './events.ts'
export { closeAccount } from './close-account.ts'
export { findConnection, findMissingPermissions, findSealed, listConnections } from './read.ts'
export type { Connection, ConnectionFilter } from './read.ts'
export { disconnect, markNeedsReauth, openCredentials, saveConnections, sealCredentials } from './store.ts'
export type { NewConnection, SavedConnection } from './store.ts'
export { NotOwnerError } from './not-owner-error.ts'
export { createRefresher } from './refresh.ts'
export type { FreshCredentials, Refresher, RefreshResult, RefreshServices } from './refresh.ts'
export { createRegistrations } from './registrations.ts'
export {
  endRevocation, findRevocation, isConnected, queueRevocation, queueRevocations, retryRevocation, revocationContext,
  takeRevocations
} from './revocations.ts'
export type { DueRevocation, RevocationResult } from './revocations.ts'
