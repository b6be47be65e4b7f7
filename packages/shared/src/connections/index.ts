export { listEvents, recordEvents } from './events.ts'
export type { ConnectionEvent, ConnectionEventName } from './events.ts'
export {
  claimHandshake, completeHandshake, confirmHandshake, createHandshake, failHandshake, findHandshake,
  findHandshakeByState, isBrowserOf
} from './handshakes.ts'
export type { Handshake } from './handshakes.ts'
export { findConnection, findSealed, listConnections } from './read.ts'
export type { Connection, ConnectionFilter, ConnectionStatus } from './read.ts'
export { disconnect, markNeedsReauth, openCredentials, saveConnections } from './store.ts'
export type { NewConnection, SavedConnection } from './store.ts'
export { createRefresher } from './refresh.ts'
export type { Fresh, Refresher, RefreshResult, RefreshServices } from './refresh.ts'
export { createRegistrations } from './registrations.ts'
export { endRevocation, findRevocation, queueRevocation, retryRevocation, revocationPlace, takeRevocations } from './revocations.ts'
export type { DueRevocation, RevocationResult } from './revocations.ts'
