import type { Handshake } from '@carillon/shared/handshakes'
import { HandshakeFailure } from '../outcome/handshake-failure.ts'

/** Throws HandshakeFailure when the team has another owner now. Saves a request to the provider that would be useless. */
export function assertTeamOwner ({ team }: Handshake): void {
  if (team?.isOwn === false) throw new HandshakeFailure('notOwner', 'the team has another owner now')
}
