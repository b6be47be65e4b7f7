import type { Handshake } from '@carillon/shared/handshakes'
import { HandshakeFailure } from './handshake-failure.ts'

/** A team may get another owner while somebody connects for it. Throws HandshakeFailure before the provider is asked in vain. */
export function requireOwnTeam ({ team }: Handshake): void {
  if (team?.isOwn === false) throw new HandshakeFailure('notOwner', 'the team has another owner by now')
}
