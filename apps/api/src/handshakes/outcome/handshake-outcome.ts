import { setTimeout as sleep } from 'node:timers/promises'
import { findConnection } from '@carillon/shared/connections'
import { publicId } from '@carillon/shared/db'
import { findHandshake, openNewSecret } from '@carillon/shared/handshakes'
import type { Handshake } from '@carillon/shared/handshakes'
import type { Grant, NewSecret, Provider } from '@carillon/shared/providers'
import type { Services } from '../../services.ts'
import { readReason } from './reasons.ts'
import type { Reason } from './reasons.ts'
import { withOutcome } from '../return-to.ts'

/** What became of a handshake. */
export type Outcome =
  | { kind: 'connected', connectionId: string, accountName: string, missingPermissions: string[], newSecret?: NewSecret | undefined }
  | { kind: 'failed', reason: Reason }

/** Longer than a provider may take for the token and the account together. */
const maxWaitMs = 30_000
const pollIntervalMs = 150

/** Whether a handshake has ended, or a request has claimed it. */
export function isOver ({ status, claimed }: Handshake): boolean {
  return status !== 'pending' || claimed
}

/** The outcome of a handshake that was just completed with `grant`. */
export function connectedOutcome ({ account, missingPermissions = [], newSecret }: Grant, connectionId: string): Outcome {
  return { kind: 'connected', connectionId, accountName: account.name, missingPermissions, newSecret }
}

/** The outcome of a handshake that has ended. */
export async function readOutcome (
  { database, vault, now }: Pick<Services, 'database' | 'vault' | 'now'>, handshake: Handshake
): Promise<Outcome> {
  const { status, connectionId } = handshake
  if (status !== 'completed' || connectionId === null) return { kind: 'failed', reason: reasonToFail(handshake) }
  const connection = await findConnection(database, connectionId)
  return {
    kind: 'connected',
    connectionId,
    accountName: connection?.account.name ?? '',
    missingPermissions: connection?.missingPermissions ?? [],
    newSecret: openNewSecret(vault, handshake, now())
  }
}

/** The handshake once the request that claimed it has ended, or after `maxWaitMs`. */
export async function awaitOutcome ({ database, now }: Pick<Services, 'database' | 'now'>, handshake: Handshake): Promise<Handshake> {
  const deadline = performance.now() + maxWaitMs
  for (let current = await findHandshake(database, handshake.id, now()) ?? handshake; ;) {
    if (current.status !== 'pending' || !current.claimed || performance.now() >= deadline) return current
    await sleep(pollIntervalMs)
    current = await findHandshake(database, handshake.id, now()) ?? current
  }
}

/** `returnTo` with the outcome; null when the site has named no URL. */
export function returnUrl ({ id, returnTo }: Handshake, provider: Provider, outcome: Outcome): string | null {
  if (returnTo === null) return null
  const handshake = publicId('handshake', id)
  if (outcome.kind === 'failed') {
    return withOutcome(returnTo, { carillon: 'failed', provider: provider.id, reason: outcome.reason, handshake })
  }
  const { missingPermissions: missing, connectionId } = outcome
  return withOutcome(returnTo, {
    carillon: 'connected',
    provider: provider.id,
    ...missing.length === 0 ? {} : { missing: missing.join(',') },
    handshake,
    connection: publicId('connection', connectionId)
  })
}

/** The lifetime of a code is the provider's, so its expiry has a reason of its own. */
export function reasonToExpire ({ kind }: Handshake): Reason {
  return kind === 'code' ? 'codeExpired' : 'expired'
}

function reasonToFail (handshake: Handshake): Reason {
  return handshake.status === 'expired' ? reasonToExpire(handshake) : readReason(handshake.error)
}
