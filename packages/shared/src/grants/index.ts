export { createRefresher } from './refresh.ts'
export type { FreshCredentials, Refresher, RefreshResult, RefreshServices } from './refresh.ts'
export { markNeedsReauth } from './mark-needs-reauth.ts'
export { refuseGrant } from './refuse-grant.ts'
export { replaceCredentials } from './replace-credentials.ts'
export type { UsedCredentials } from './replace-credentials.ts'
export { openUnparsed, releaseGrants } from './release-grants.ts'
export type { Revocation } from './release-grants.ts'
export { releaseUnusedGrants } from './release-unused-grants.ts'
export {
  endRevocation, findRevocation, isInUse, queueRevocation, queueRevocations, replaceRevoked, retryRevocation, revocationContext,
  takeRevocations, toRevocation
} from './revocations.ts'
export type { DueRevocation, RevocationResult } from './revocations.ts'
export { reviveGrant } from './revive-grant.ts'
export type { StoredGrant } from './revive-grant.ts'
export { openCredentials, sealCredentials, sealTarget, withTarget } from './seal.ts'
export { canOpenGrant, sampleGrants } from './sample-grants.ts'
