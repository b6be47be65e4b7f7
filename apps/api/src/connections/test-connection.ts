import { findSealed } from '@carillon/shared/connections'
import { markNeedsReauth, openCredentials } from '@carillon/shared/grants'
import type { Connection } from '@carillon/shared/connections'
import { newId } from '@carillon/shared/db'
import { ProviderError } from '@carillon/shared/providers'
import type { Credentials, Provider, Receipt } from '@carillon/shared/providers'
import type { Failure } from '@carillon/http'
import { newRequestContext } from '../request-context.ts'
import { chargeOutgoing } from '../outgoing-budget.ts'
import { Problem } from '../problems/problem.ts'
import type { Services } from '../services.ts'

const timeoutMs = 30_000
/** The message, and a second one or a refresh when the token has expired. */
const requestsPerTest = 2

export interface TestResult {
  ok: boolean
  receipt?: { id: string }
  error?: { kind: Failure['kind'], reason: string, status?: number, retryAt?: string }
}

/**
 * Sends a message through the connection without a queue. If the provider cannot send, requests the account instead. Marks the
 * connection as `needsReauth` when the provider refuses the token.
 */
export async function testConnection (services: Services, connection: Connection): Promise<TestResult> {
  const { database, vault, providers, now } = services
  const sealed = await findSealed(database, connection.id)
  if (sealed === undefined) throw new Problem('connectionClosed', 'The connection is closed: the user disconnected it, or the provider ended it')
  const { grantId, credentialsVersion, status, statusReason, limitedUntil } = sealed
  const provider = providers.get(sealed.provider)
  if (provider === undefined) return failed({ kind: 'rejected', reason: 'this server does not offer the provider' })
  if (status === 'needsReauth') return failed({ kind: 'unauthorized', reason: statusReason ?? 'the user has to reconnect' })
  if (limitedUntil !== null && limitedUntil.getTime() > now()) {
    return failed({ kind: 'rateLimited', reason: 'the rate limit of the provider is reached', retryAt: limitedUntil.getTime() })
  }

  await chargeOutgoing(services, { owner: connection.owner, provider, account: connection.account.id, cost: requestsPerTest })
  let seenVersion = credentialsVersion
  try {
    const receipt = await tryOut(provider, openCredentials(vault, provider, sealed))
    return { ok: true, ...receipt === undefined ? {} : { receipt } }
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error
    const { failure } = error
    if (failure.kind === 'unauthorized') await markNeedsReauth(database, { grantId, credentialsVersion: seenVersion, reason: failure.reason })
    return failed(failure, error.status)
  }

  /** Refreshes an expired token and tries again. If the refresh fails, the error of the first try is the result. */
  async function tryOut (provider: Provider, credentials: Credentials): Promise<Receipt | undefined> {
    try {
      return await useOnce(services, provider, credentials)
    } catch (error) {
      if (!(error instanceof ProviderError) || error.failure.kind !== 'expired') throw error
      const request = { grantId, seenVersion, refused: error.failure.reason }
      const result = await services.refresher.refresh(provider, request, newRequestContext(services, timeoutMs))
      if (result.kind === 'unavailable' && result.retryAt !== undefined) {
        throw new ProviderError({ kind: 'rateLimited', reason: result.reason, retryAt: result.retryAt }, error.host)
      }
      if (result.kind === 'misconfigured') throw new ProviderError(result.failure, error.host)
      if (result.kind !== 'fresh') throw error
      seenVersion = result.fresh.credentialsVersion
      return await useOnce(services, provider, result.fresh.credentials)
    }
  }
}

async function useOnce (services: Services, provider: Provider, credentials: Credentials): Promise<Receipt | undefined> {
  const call = newRequestContext(services, timeoutMs)
  const message = { type: 'note' as const, title: `Test from ${services.site.name}`, body: 'This connection works.' }
  if (provider.send !== undefined) return await provider.send(message, newId(), credentials, call)
  await provider.identify(credentials, call)
}

function failed (failure: Failure, status?: number): TestResult {
  return {
    ok: false,
    error: {
      kind: failure.kind,
      reason: failure.reason,
      ...status === undefined ? {} : { status },
      ...failure.kind === 'rateLimited' ? { retryAt: new Date(failure.retryAt).toISOString() } : {}
    }
  }
}
