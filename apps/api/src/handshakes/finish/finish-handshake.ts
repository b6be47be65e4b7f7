import { recordAudit } from '@carillon/shared/audit'
import { NotOwnerError, OverlappingGrantError } from '@carillon/shared/connections'
import type { SavedConnection } from '@carillon/shared/connections'
import { publicId } from '@carillon/shared/db'
import { completeHandshake, discardGrant, failHandshake, keepNewSecret } from '@carillon/shared/handshakes'
import type { Handshake } from '@carillon/shared/handshakes'
import type { Grant, Provider } from '@carillon/shared/providers'
import { DeletedUserError } from '@carillon/shared/users'
import { afterConnecting, describeSaved, saveGrants } from '../../connections/store-connections.ts'
import { toProblem } from '../../problems/to-problem.ts'
import type { Services } from '../../services.ts'
import { HandshakeFailure } from '../outcome/handshake-failure.ts'
import { logMisconfigured } from '../outcome/provider-failure.ts'
import type { Reason } from '../outcome/reasons.ts'
import { sendWelcome } from './send-welcome.ts'
import { verifyLatest } from './verify-latest.ts'

/**
 * Stores the grant of a claimed handshake and completes the handshake, in one transaction. Returns the id of the connection.
 * Throws HandshakeFailure.
 */
export async function finishHandshake (
  services: Services, provider: Provider, { id, userId, team }: Handshake, grant: Grant
): Promise<string> {
  const { database, log, now, vault } = services
  const { newSecret } = grant
  const owner = team === null ? { userId } : { teamId: team.id, connectedBy: userId }
  const saved = await saveLatest()
  await afterConnecting(services, saved)
  for (const connection of saved) {
    const facts = { connectionId: publicId('connection', connection.id), provider: provider.id, reconnected: connection.reconnected }
    log.info(facts, 'connected')
  }
  const [connection] = saved
  if (connection === undefined) throw new Error('A grant was stored in no connection')
  // Nothing is sent to the owner of a team through the team's account.
  const { id: connectionId, reconnected } = connection
  if (team === null) await sendWelcome(services, provider, { userId, connectionId, reconnected })
  return connectionId

  async function saveLatest (): Promise<SavedConnection[]> {
    let latest = grant
    for (let verified = 0; ; verified++) {
      try {
        return await save(latest)
      } catch (error) {
        if (error instanceof DeletedUserError) throw new HandshakeFailure('tokensRevoked', error.message)
        if (error instanceof NotOwnerError) throw new HandshakeFailure('notOwner', error.message)
        if (!(error instanceof OverlappingGrantError) || verified === maxVerified) throw error
        latest = await verifyLatest(services, provider, latest)
      }
    }
  }

  async function save (latest: Grant): Promise<SavedConnection[]> {
    return await database.db.transaction(async (tx) => {
      const connections = await saveGrants(services, [{ ...owner, provider: provider.id, grant: latest }], { db: tx })
      const actor = { kind: 'user' as const, id: userId }
      await recordAudit({ db: tx }, ...connections.map((one) => describeSaved(one, actor, 'connection.connected')))
      const secret = newSecret === undefined ? {} : keepNewSecret(vault, id, newSecret, now())
      for (const { id: connectionId } of connections) await completeHandshake({ db: tx }, id, connectionId, secret)
      return connections
    })
  }
}

/** More users than this do not install the same app within one request. */
const maxVerified = 5

/** Fails a claimed handshake, revokes its `grant` if there is one, and returns the reason that the user and the site are told. */
export async function abortHandshake (
  { database, log, vault }: Services, provider: Provider, { id }: Handshake, error: unknown, grant?: Grant
): Promise<Reason> {
  const reason = error instanceof HandshakeFailure ? error.reason : toProblem(error).code === 'unavailable' ? 'unavailable' : 'internal'
  const facts = { handshakeId: publicId('handshake', id), provider: provider.id, reason }
  if (error instanceof HandshakeFailure && reason === 'misconfigured') logMisconfigured(log, provider, error.message)
  else if (error instanceof HandshakeFailure) log.info({ ...facts, detail: error.message }, 'handshake failed')
  else log.error({ ...facts, err: error }, 'handshake failed')
  if (grant === undefined) await failHandshake(database, id, reason)
  else {
    const canRevoke = provider.revoke !== undefined
    await discardGrant(database, vault, { id, provider: provider.id, grant, error: reason, canRevoke })
  }
  return reason
}
