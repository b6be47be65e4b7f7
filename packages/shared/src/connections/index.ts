export {
  claimHandshake, completeHandshake, confirmHandshake, createHandshake, failHandshake, findHandshake,
  findHandshakeByState, isBrowserOf
} from './handshakes.ts'
export type { Handshake } from './handshakes.ts'
export { findConnection, findSealed, listConnections } from './read.ts'
export type { Connection, ConnectionFilter, ConnectionStatus } from './read.ts'
export { disconnect, markNeedsReauth, openCredentials, saveConnections } from './store.ts'
export type { NewConnection, SavedConnection } from './store.ts'
