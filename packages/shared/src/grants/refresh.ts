import { setMaxListeners } from 'node:events'
import { newId } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import type { Failure } from '@carillon/http'
import type { Log } from '../log/index.ts'
import { ProviderError } from '../providers/index.ts'
import type { RequestContext, Credentials, Provider, Refreshed } from '../providers/index.ts'
import { poll, retry } from '../retry/index.ts'
import type { Tracing } from '../tracing/index.ts'
import type { Vault } from '../vault/index.ts'
import {
  markRefused, deferRefresh, disableRefresh, isLeased, readCredentials, releaseLease, storeRefreshed, takeLease
} from './lease.ts'
import type { CredentialsState, Lease } from './lease.ts'
import { queueRevocation } from './revocations.ts'
import { markNeedsReauth } from './mark-needs-reauth.ts'
import { openCredentials, sealCredentials } from './seal.ts'

export interface RefreshServices {
  database: Database
  vault: Vault
  log: Log
  tracing?: Tracing | undefined
  /** Called when connections recover from `needsReauth`, to release their parked deliveries. */
  onRecovered?: (connectionIds: string[]) => Promise<void>
  /** Called with the outcome of each request to a token endpoint. */
  onAnswered?: (provider: string, outcome: RefreshResult['kind'] | 'superseded') => void
  /** How long a process may own the lease. Its request to the provider has a shorter timeout. */
  leaseMs?: number
}

/** Credentials with their version. */
export interface FreshCredentials {
  credentials: Credentials
  credentialsVersion: number
}

/**
 * The result of a refresh. After `unavailable` and `unrefreshable` the old credentials may still work. The token endpoint did
 * not respond, or requested a wait until `retryAt` (milliseconds since the epoch), or there is no refresh token. After
 * `misconfigured` an operator has to act: the token endpoint refuses our client, and says nothing about the credentials.
 */
export type RefreshResult =
  | { kind: 'fresh', fresh: FreshCredentials }
  | { kind: 'dead', reason: string }
  | { kind: 'misconfigured', failure: Failure & { kind: 'misconfigured' } }
  | { kind: 'unavailable', reason: string, retryAt?: number }
  | { kind: 'unrefreshable' }

/** A request to replace a grant's credentials of `seenVersion`. `refused` is the provider's reason, if it refused them. */
interface RefreshRequest {
  grantId: string
  seenVersion: number
  refused?: string
}

export interface Refresher {
  /**
   * Returns newer credentials than those of `seenVersion`. One process requests them from the provider, and the others wait for
   * its result, at most until their signal aborts.
   */
  refresh: (provider: Provider, request: RefreshRequest, context: RequestContext) => Promise<RefreshResult>
  /**
   * For credentials that the provider does not recognize, because another process may have rotated them. Returns newer
   * credentials, or waits for a running refresh, and makes no request. Undefined when no refresh is running.
   */
  newer: (
    provider: Provider, request: { grantId: string, seenVersion: number }, context: RequestContext
  ) => Promise<RefreshResult | undefined>
}

/** Credentials of an active grant, sealed. */
interface StoredCredentials extends Pick<CredentialsState, 'refreshWaitMs'> {
  credentials: string
}

/** A share of the lease. The owner aborts its request before another process can take the lease. */
const requestShare = 0.75
const maxWaitMs = 45_000
/** The provider has rotated the credentials, so losing them would cost the connection. These delays outlast a restart. */
const storeRetryDelaysMs = [100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000]

/** Refreshes credentials, one at a time per grant. */
export function createRefresher (
  { database, vault, log, tracing, onRecovered = async () => {}, onAnswered = () => {}, leaseMs = 20_000 }: RefreshServices
): Refresher {
  const owner = newId()
  /** Callers of the same version share one attempt in this process. */
  const running = new Map<string, Promise<RefreshResult>>()

  return {
    refresh: (provider, request, context) => {
      const key = [request.grantId, request.seenVersion, request.refused !== undefined].join()
      const attempt = running.get(key) ?? run(provider, request, context).finally(() => running.delete(key))
      running.set(key, attempt)
      return untilAborted(attempt, context.signal)
    },
    newer: async (provider, { grantId, seenVersion }, context) => {
      const ended = await poll(async () => {
        // The lease comes first: a refresh that ends after this is in the row.
        const isRunning = await isLeased(database, grantId)
        const result = await checkState(provider, grantId, seenVersion)
        return result === undefined && isRunning ? undefined : { result }
      }, { timeoutMs: maxWaitMs, signal: context.signal })
      return ended === undefined ? { kind: 'unavailable', reason: 'no new credentials came in time' } : ended.result
    }
  }

  async function run (provider: Provider, request: RefreshRequest, context: RequestContext): Promise<RefreshResult> {
    const { grantId, seenVersion } = request
    const result = await poll(async () => {
      const known = await checkState(
        provider, grantId, seenVersion, (state) => checkRefreshable(provider, request, state, context)
      )
      if (known !== undefined) return known
      const lease = await takeLease(database, { grantId, version: seenVersion, owner, leaseMs })
      if (lease === undefined) return undefined
      const answer = await traceRefresh(tracing, provider, () => refreshUnder(lease, provider, context))
      onAnswered(provider.id, answer?.kind ?? 'superseded')
      return answer
    }, { timeoutMs: maxWaitMs })
    // While this process was suspended, another one may have finished.
    return result ?? await checkState(provider, grantId, seenVersion) ??
      { kind: 'unavailable', reason: 'another process is refreshing and does not finish' }
  }

  /** The result that is already in the row. Undefined when the credentials need a refresh, about which `check` decides. */
  async function checkState (
    provider: Provider, grantId: string, seenVersion: number,
    check: (state: StoredCredentials) => Promise<RefreshResult | undefined> = async () => undefined
  ): Promise<RefreshResult | undefined> {
    const state = await readCredentials(database, grantId)
    if (state === undefined || state.credentials === null) return { kind: 'dead', reason: 'disconnected' }
    const { credentials, credentialsVersion, status, refreshWaitMs } = state
    if (credentialsVersion > seenVersion && status === 'active') {
      return { kind: 'fresh', fresh: { credentials: openCredentials(vault, provider, { grantId, credentials }), credentialsVersion } }
    }
    if (status !== 'active') return { kind: 'dead', reason: 'the user has to reconnect' }
    if (provider.refresh === undefined) return { kind: 'dead', reason: 'these credentials cannot be refreshed' }
    return await check({ credentials, refreshWaitMs })
  }

  /**
   * The reason why active credentials cannot be refreshed now. Without a refresh token they work until the provider refuses
   * them.
   */
  async function checkRefreshable (
    provider: Provider, { grantId, seenVersion, refused }: RefreshRequest, { credentials, refreshWaitMs }: StoredCredentials,
    context: RequestContext
  ): Promise<RefreshResult | undefined> {
    if (canRefresh(provider, grantId, credentials)) {
      return refreshWaitMs === null
        ? undefined
        : { kind: 'unavailable', reason: 'the token endpoint asked to wait', retryAt: context.now() + refreshWaitMs }
    }
    if (refused === undefined) {
      await disableRefresh(database, grantId, seenVersion)
      return { kind: 'unrefreshable' }
    }
    if (await markNeedsReauth(database, { grantId, credentialsVersion: seenVersion, reason: refused })) return { kind: 'dead', reason: refused }
  }

  /** Credentials that cannot be opened count as refreshable. The refresh then fails and logs the reason. */
  function canRefresh (provider: Provider, grantId: string, credentials: string): boolean {
    if (provider.canRefresh === undefined) return true
    try {
      return provider.canRefresh(openCredentials(vault, provider, { grantId, credentials }))
    } catch {
      return true
    }
  }

  /** Undefined when the lease was lost. The next owner then decides about the credentials. */
  async function refreshUnder (lease: Lease, provider: Provider, context: RequestContext): Promise<RefreshResult | undefined> {
    try {
      const old = openCredentials(vault, provider, { grantId: lease.grantId, credentials: lease.credentials })
      // Other callers wait for the result too, so the signal of this caller does not apply.
      const signal = AbortSignal.timeout(leaseMs * requestShare)
      const refreshed = await provider.refresh?.(old, { ...context, signal })
      if (refreshed === undefined) throw new Error('The provider returned no credentials')
      return await store(refreshed, lease, provider)
    } catch (error) {
      return await fail(error, lease, provider, context)
    }
  }

  async function store (
    { credentials, expiresAt }: Refreshed, lease: Lease, provider: Provider
  ): Promise<RefreshResult | undefined> {
    const { grantId, credentialsVersion } = lease
    const sealed = sealCredentials(vault, grantId, credentials)
    const { stored, recovered } = await retry(() => storeRefreshed(database, lease, { credentials: sealed, expiresAt }), {
      delaysMs: storeRetryDelaysMs,
      onError: (error) => log.warn({ err: error }, 'could not store refreshed credentials, retrying')
    })
    if (!stored) {
      const state = await readCredentials(database, grantId)
      // The user disconnected during the refresh. No row has these credentials, so they are revoked here.
      if (state?.status === 'revoked' && provider.revoke !== undefined) {
        const { accountId, connectionId } = state
        await queueRevocation(database, vault, { connectionId, provider: provider.id, accountId, credentials })
      }
      return await checkState(provider, grantId, credentialsVersion)
    }
    if (recovered.length > 0) {
      await onRecovered(recovered).catch((error: unknown) => log.warn({ err: error, grantId }, 'released deliveries wait for reconcile'))
    }
    return { kind: 'fresh', fresh: { credentials, credentialsVersion: credentialsVersion + 1 } }
  }

  /** A refusal counts only for the refused version, so a reconnect takes precedence over a late refresh. */
  async function fail (
    error: unknown, lease: Lease, provider: Provider, context: RequestContext
  ): Promise<RefreshResult | undefined> {
    const { grantId, credentialsVersion } = lease
    if (error instanceof ProviderError && error.failure.kind === 'rateLimited') {
      const { reason, retryAt } = error.failure
      log.info({ grantId, provider: provider.id, reason }, 'the token endpoint asks to wait')
      const isDeferred = await deferRefresh(database, lease, Math.max(0, retryAt - context.now()))
      return isDeferred ? { kind: 'unavailable', reason, retryAt } : await checkState(provider, grantId, credentialsVersion)
    }
    if (!(error instanceof ProviderError) || error.failure.kind !== 'unauthorized') {
      log.warn({ err: error, grantId, provider: provider.id }, 'could not refresh credentials')
      if (!await releaseLease(database, lease)) return await checkState(provider, grantId, credentialsVersion)
      const failure = error instanceof ProviderError ? error.failure : undefined
      if (failure?.kind === 'misconfigured') return { kind: 'misconfigured', failure }
      return { kind: 'unavailable', reason: failure?.reason ?? 'internal error' }
    }
    const { reason } = error.failure
    if (await markRefused(database, lease, reason)) return { kind: 'dead', reason }
    return await checkState(provider, grantId, credentialsVersion)
  }
}

/** A refresh belongs to the trace of the first caller, for example of a delivery. */
async function traceRefresh (
  tracing: Tracing | undefined, { id }: Provider, refresh: () => Promise<RefreshResult | undefined>
): Promise<RefreshResult | undefined> {
  if (tracing === undefined) return await refresh()
  return await tracing.inSpan(`refresh ${id}`, { kind: 'CLIENT', attributes: { 'carillon.provider': id } }, async (span) => {
    const result = await refresh()
    span.setAttribute('carillon.outcome', result?.kind ?? 'superseded')
    return result
  })
}

/** The attempt continues after a caller's signal aborts: others wait for it, and its result must be stored. */
function untilAborted (attempt: Promise<RefreshResult>, signal: AbortSignal): Promise<RefreshResult> {
  const aborted: RefreshResult = { kind: 'unavailable', reason: 'no new credentials came in time' }
  // A whole batch shares one signal. Each listener is removed afterwards.
  setMaxListeners(0, signal)
  return new Promise((resolve, reject) => {
    const abort = (): void => resolve(aborted)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    attempt.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
