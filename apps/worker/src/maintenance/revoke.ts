import {
  endRevocation, isInUse, releaseUnusedGrants, replaceRevoked, retryRevocation, revocationContext, takeRevocations
} from '@carillon/shared/grants'
import { eraseNewSecrets, revokeAbandonedGrants } from '@carillon/shared/handshakes'
import type { DueRevocation } from '@carillon/shared/grants'
import type { Database } from '@carillon/shared/db'
import { runWithRequestId } from '@carillon/shared/log'
import type { Log } from '@carillon/shared/log'
import { ProviderError } from '@carillon/shared/providers'
import type { Credentials, RequestContext, Provider } from '@carillon/shared/providers'
import type { Vault } from '@carillon/shared/vault'
import { longestWaitsMs, retryDelayMs } from '@carillon/shared/deliveries'
import { forEachBounded } from '../for-each-bounded.ts'

export interface RevokeServices extends Omit<RequestContext, 'signal'> {
  database: Database
  providers: ReadonlyMap<string, Provider>
  vault: Vault
  log: Log
}

const perRun = 100
const concurrency = 8
const leaseMs = 60_000

/** Revokes unused credentials at their providers, retries those that failed, and erases secrets that users have read. */
export async function revoke (services: RevokeServices): Promise<void> {
  const { database, providers, vault } = services
  const canRevoke = (id: string): boolean => providers.get(id)?.revoke !== undefined
  await revokeAbandonedGrants(database, vault, canRevoke, services.now())
  await eraseNewSecrets(database, services.now())
  await releaseUnusedGrants(database, { vault, canRevoke })
  const due = await takeRevocations(services.database, { limit: perRun, leaseMs })
  const { http, now, registrations } = services
  const context = { http, now, registrations, signal: AbortSignal.timeout(leaseMs) }
  await forEachBounded(due, concurrency, (one) => runWithRequestId(one.requestId, () => revokeOne(one, services, context)))
}

async function revokeOne (one: DueRevocation, services: RevokeServices, context: RequestContext): Promise<void> {
  const { database, log, vault } = services
  const provider = services.providers.get(one.provider)
  try {
    if (provider?.revoke === undefined) throw new Error(`${one.provider} cannot revoke`)
    if (await isInUse(database, one, provider.revokes)) {
      // The revocation would also end the credentials that are in use. They end together later.
      await endRevocation(database, one.id, { state: 'done', reason: 'the account is still connected' })
      return
    }
    const credentials = provider.parseCredentials(JSON.parse(vault.open(one.credentials, revocationContext(one.id))))
    // If they cannot be stored, the revocation goes on with those in memory, which are the only copy.
    const onRefreshed = (fresh: Credentials): Promise<void> => replaceRevoked(database, vault, one.id, fresh)
      .catch((error: unknown) => log.warn({ err: error, provider: one.provider }, 'could not store refreshed credentials before their revocation'))
    await provider.revoke(credentials, { ...context, onRefreshed })
    await endRevocation(database, one.id, { state: 'done' })
  } catch (error) {
    const reason = error instanceof ProviderError ? error.failure.reason : 'internal error'
    log.warn({ err: error, connectionId: one.connectionId, provider: one.provider }, 'could not revoke')
    const delayMs = nextDelayMs(error, one.attempts, services.now())
    if (delayMs === undefined) await endRevocation(database, one.id, { state: 'failed', reason })
    else await retryRevocation(database, one.id, reason, delayMs)
  }
}

/** The delay before the next attempt. Undefined when the provider refused or no attempts are left. */
function nextDelayMs (error: unknown, attempts: number, now: number): number | undefined {
  if (!(error instanceof ProviderError)) return retryDelayMs(attempts)
  const { failure } = error
  if (failure.kind === 'rateLimited') return Math.max(0, failure.retryAt - now)
  // Until an operator fixes the configuration, the token stays valid. `continueDeletions` ends what must not wait for that.
  if (failure.kind === 'misconfigured') return retryDelayMs(attempts) ?? longestWaitsMs.at(-1)
  return failure.kind === 'transient' || failure.kind === 'malformed' ? retryDelayMs(attempts) : undefined
}
