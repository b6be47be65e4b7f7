export {
  claimAwaitedGrant, claimCode, isProven, maxCodes, openAwaitedGrant, releaseUnsentCode
} from './address-codes.ts'
export {
  bindHandshake, claimHandshake, confirmHandshake, expectCallback, isBrowserOf, listConfirmed, mayConfirm
} from './browsers.ts'
export type { BrowserProof } from './browsers.ts'
export { claimPoll, claimTry, maxTries, releaseHandshake, schedulePoll } from './claims.ts'
export { cancelHandshake, endHandshakesOf, supersedeHandshakes } from './end-handshakes.ts'
export type { EndingHandshakes } from './end-handshakes.ts'
export { completeHandshake, createHandshake, failHandshake, findHandshake, findHandshakeByState } from './handshakes.ts'
export type { Handshake, HandshakeKind } from './handshakes.ts'
export {
  claimObtainedGrant, discardGrant, holdGrant, holdOpenedGrant, openObtainedGrant, revokeAbandonedGrants
} from './obtained-grants.ts'
export { eraseNewSecrets, keepNewSecret, openNewSecret } from './new-secrets.ts'
export { openPendingAuthorization, sealPendingAuthorization } from './pending-authorization.ts'
export type { PendingAuthorization } from './pending-authorization.ts'
export { TokensRevokedError } from './tokens-revoked-error.ts'
