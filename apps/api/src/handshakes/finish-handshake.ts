import { NotOwnerError } from '@carillon/shared/connections'
import { completeHandshake, failHandshake } from '@carillon/shared/handshakes'
import type { Handshake } from '@carillon/shared/handshakes'
import { publicId } from '@carillon/shared/db'
import type { Grant, Provider } from '@carillon/shared/providers'
import type { Services } from '../services.ts'
import { HandshakeFailure } from './handshake-failure.ts'
import { keepConnections } from '../connections/store-connections.ts'
import type { Reason } from './reasons.ts'
import { welcome } from './send-welcome.ts'

/** Keeps what a claimed handshake has brought, and ends it well. Throws HandshakeFailure. */
export async function finishHandshake (
  services: Services, provider: Provider, { id, userId, team }: Handshake, grant: Grant
): Promise<void> {
  const { database, log } = services
  const holder = team === null ? { userId } : { teamId: team.id, connectedBy: userId }
  const [connection] = await keepConnections(services, [{ ...holder, provider: provider.id, grant }])
    .catch((error: unknown) => { throw error instanceof NotOwnerError ? new HandshakeFailure('notOwner', error.message) : error })
  if (connection === undefined) throw new Error('A saved connection did not come back')
  await completeHandshake(database, id, connection.id)
  log.info({ connectionId: publicId('connection', connection.id), provider: provider.id, reconnected: connection.reconnected }, 'connected')
  // A team's account is not where its owner is rung.
  if (team === null) await welcome(services, provider, userId)
}

/** Ends a claimed handshake for what was thrown, and answers the reason that everybody is told. */
export async function abandonHandshake (
  { database, log }: Services, provider: Provider, { id }: Handshake, error: unknown
): Promise<Reason> {
  const reason = error instanceof HandshakeFailure ? error.reason : 'internal'
  const facts = { handshakeId: publicId('handshake', id), provider: provider.id, reason }
  if (error instanceof HandshakeFailure) log.info({ ...facts, detail: error.message }, 'handshake failed')
  else log.error({ ...facts, err: error }, 'handshake failed')
  await failHandshake(database, id, reason)
  return reason
}
