export {
  awaitAnswer, bindHandshake, claimHandshake, confirmHandshake, isBrowserOf, listConfirmed, mayConfirm
} from './browsers.ts'
export type { BrowserProof } from './browsers.ts'
export { completeHandshake, createHandshake, failHandshake, findHandshake, findHandshakeByState } from './handshakes.ts'
export type { Handshake, HandshakeKind, HandshakeTeam, NewHandshake } from './handshakes.ts'
export { holdGrant, openObtainedGrant, revokeAbandonedGrants, supersedeHandshakes, takeObtainedGrant } from './obtained-grants.ts'
export { openBegun, sealBegun } from './pending-authorization.ts'
export type { Begun } from './pending-authorization.ts'
export { claimVerifierTry, endTurn, mostVerifiers, releaseHandshake, takeTurn } from './tries.ts'
