import { setMaxListeners } from 'node:events'
import { newId } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import type { Log } from '../log/index.ts'
import { ProviderError } from '../providers/index.ts'
import type { Call, Credentials, Provider, Refreshed } from '../providers/index.ts'
import type { Vault } from '../vault/index.ts'
import {
  concludeDead, deferRefresh, forgoRefresh, isHeld, readCredentials, releaseLease, storeRefreshed, takeLease
} from './lease.ts'
import type { CredentialsState, Lease } from './lease.ts'
import { queueRevocation } from './revocations.ts'
import { markNeedsReauth, openCredentials, sealCredentials } from './store.ts'

export interface RefreshServices {
  database: Database
  vault: Vault
  log: Log
  /** Called when a connection that was given up has come back: what was parked for it may go. */
  onRecovered?: (connectionId: string) => Promise<void>
  /** How long a holder of the lease may take before others try, in milliseconds; its request is given up well before. */
  leaseMs?: number
}

/** Credentials that are fit for use, and which version they are. */
export interface Fresh {
  credentials: Credentials
  credentialsVersion: number
}

/**
 * What a refresh came to. `unavailable` and `unrefreshable` mark nothing, since the old credentials may still be good: the token
 * endpoint did not answer, or asked to wait until `retryAt` (milliseconds since the epoch), or there is no refresh token.
 */
export type RefreshResult =
  | { kind: 'fresh', fresh: Fresh }
  | { kind: 'dead', reason: string }
  | { kind: 'unavailable', reason: string, retryAt?: number }
  | { kind: 'unrefreshable' }

/** Credentials to be replaced: those of `seenVersion`. `refused` is the provider's reason, where it has refused them already. */
export interface RefreshRequest {
  id: string
  seenVersion: number
  refused?: string
}

export interface Refresher {
  /**
   * Newer credentials than those of `seenVersion`: ones that somebody has brought meanwhile, or ones that we bring. Over all
   * processes one asks the provider and the others wait for what it brings, at most until their `call.signal` aborts.
   */
  refresh: (provider: Provider, connection: RefreshRequest, call: Call) => Promise<RefreshResult>
  /**
   * For credentials that the provider does not know: they may have been rotated away. Answers what somebody has brought since
   * `seenVersion` or is about to bring, asks nobody, and is undefined when there is nothing to wait for.
   */
  newer: (provider: Provider, connection: { id: string, seenVersion: number }, call: Call) => Promise<RefreshResult | undefined>
}

/** Of the lease: so that a holder that is awake has ended before anybody else begins. */
const requestShare = 0.75
const patienceMs = 45_000
const storeWaitsMs = [100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000]

/** Refreshes credentials, one at a time per connection. */
export function createRefresher (
  { database, vault, log, onRecovered = async () => {}, leaseMs = 20_000 }: RefreshServices
): Refresher {
  const owner = newId()
  /** In this process, callers of the same version share one attempt. */
  const running = new Map<string, Promise<RefreshResult>>()

  return {
    refresh: (provider, connection, call) => {
      const key = `${connection.id} ${connection.seenVersion} ${connection.refused !== undefined}`
      const attempt = running.get(key) ?? run(provider, connection, call).finally(() => running.delete(key))
      running.set(key, attempt)
      return untilAborted(attempt, call.signal)
    },
    newer: async (provider, { id, seenVersion }, call) => {
      const deadline = performance.now() + patienceMs
      for (let waitMs = 20; performance.now() < deadline && !call.signal.aborted; waitMs = Math.min(waitMs * 2, 500)) {
        const settled = await look(provider, id, seenVersion)
        if (settled !== undefined) return settled
        if (!await isHeld(database, id)) return undefined
        await new Promise((resolve) => setTimeout(resolve, waitMs))
      }
      return { kind: 'unavailable', reason: 'no new credentials came in time' }
    }
  }

  async function run (provider: Provider, connection: RefreshRequest, call: Call): Promise<RefreshResult> {
    const { id, seenVersion } = connection
    const deadline = performance.now() + patienceMs
    for (let waitMs = 20; performance.now() < deadline; waitMs = Math.min(waitMs * 2, 500)) {
      const settled = await look(provider, id, seenVersion) ?? await hindrance(provider, connection, call)
      if (settled !== undefined) return settled
      const lease = await takeLease(database, { id, version: seenVersion, owner, leaseMs })
      const result = lease === undefined ? undefined : await refreshUnder(lease, provider, call)
      if (result !== undefined) return result
      await new Promise((resolve) => setTimeout(resolve, waitMs * (0.5 + Math.random() / 2)))
    }
    // Time may have run out while this process was stopped, and the others were not.
    return await look(provider, id, seenVersion) ??
      { kind: 'unavailable', reason: 'somebody else is refreshing and does not come to an end' }
  }

  /** What the row says, unless it says that there is something to refresh. */
  async function look (provider: Provider, id: string, seenVersion: number): Promise<RefreshResult | undefined> {
    const state = await readCredentials(database, id)
    if (state === undefined || state.credentials === null) return { kind: 'dead', reason: 'disconnected' }
    if (state.credentialsVersion > seenVersion && state.status === 'active') {
      const credentials = openCredentials(vault, provider, { id, credentials: state.credentials })
      return { kind: 'fresh', fresh: { credentials, credentialsVersion: state.credentialsVersion } }
    }
    if (state.status !== 'active') return { kind: 'dead', reason: 'the user has to connect again' }
    return provider.refresh === undefined ? { kind: 'dead', reason: 'these credentials cannot be refreshed' } : undefined
  }

  /** What keeps credentials that the row calls good from being refreshed. Without a refresh token only the provider ends them. */
  async function hindrance (
    provider: Provider, { id, seenVersion, refused }: RefreshRequest, call: Call
  ): Promise<RefreshResult | undefined> {
    const state = await readCredentials(database, id)
    if (state === undefined || state.credentials === null || state.credentialsVersion !== seenVersion) return undefined
    if (canRefresh(provider, id, state.credentials)) {
      return state.refreshWaitMs === null
        ? undefined
        : { kind: 'unavailable', reason: 'the token endpoint asked to wait', retryAt: call.now() + state.refreshWaitMs }
    }
    if (refused === undefined) {
      await forgoRefresh(database, id, seenVersion)
      return { kind: 'unrefreshable' }
    }
    if (await markNeedsReauth(database, { id, credentialsVersion: seenVersion, reason: refused })) return { kind: 'dead', reason: refused }
  }

  /** Credentials that cannot be opened count as refreshable. Their own refresh then fails and logs why. */
  function canRefresh (provider: Provider, id: string, credentials: NonNullable<CredentialsState['credentials']>): boolean {
    if (provider.canRefresh === undefined) return true
    try {
      return provider.canRefresh(openCredentials(vault, provider, { id, credentials }))
    } catch {
      return true
    }
  }

  /** Undefined when the lease was lost meanwhile and it is for its new holder to say what has become of the credentials. */
  async function refreshUnder (lease: Lease, provider: Provider, call: Call): Promise<RefreshResult | undefined> {
    try {
      const old = openCredentials(vault, provider, { id: lease.connectionId, credentials: lease.credentials })
      const signal = AbortSignal.timeout(leaseMs * requestShare) // the caller's patience is not the others'
      const refreshed = await provider.refresh?.(old, { ...call, signal })
      if (refreshed === undefined) throw new Error('A provider that refreshes brought nothing')
      return await store(refreshed, lease, provider)
    } catch (error) {
      return await fail(error, lease, provider, call)
    }
  }

  async function store (
    { credentials, expiresAt }: Refreshed, lease: Lease, provider: Provider
  ): Promise<RefreshResult | undefined> {
    const { connectionId: id, credentialsVersion } = lease
    const sealed = sealCredentials(vault, id, credentials)
    const { stored, recovered } = await insist(() => storeRefreshed(database, lease, { credentials: sealed, expiresAt }))
    if (!stored) {
      const state = await readCredentials(database, id)
      // The user has disconnected while we asked; nobody else knows of these, and they would live on at the provider.
      if (state?.status === 'revoked' && provider.revoke !== undefined) {
        const { accountId } = state
        await queueRevocation(database, vault, { connectionId: id, provider: provider.id, accountId, credentials })
      }
      return await look(provider, id, credentialsVersion)
    }
    if (recovered) {
      await onRecovered(id).catch((error: unknown) => log.warn({ err: error, connectionId: id }, 'released deliveries wait for reconcile'))
    }
    return { kind: 'fresh', fresh: { credentials, credentialsVersion: credentialsVersion + 1 } }
  }

  /** The provider has rotated, so these are not to be had again: a database that restarts must not cost a user's connection. */
  async function insist<Result> (work: () => Promise<Result>): Promise<Result> {
    for (const waitMs of storeWaitsMs) {
      try {
        return await work()
      } catch (error) {
        log.warn({ err: error }, 'cannot store what a refresh has brought yet')
        await new Promise((resolve) => setTimeout(resolve, waitMs))
      }
    }
    return await work()
  }

  /** A refusal counts only when the row is still the one that was refused: a reconnect always beats a late refresh. */
  async function fail (error: unknown, lease: Lease, provider: Provider, call: Call): Promise<RefreshResult | undefined> {
    const { connectionId, credentialsVersion } = lease
    if (error instanceof ProviderError && error.verdict.kind === 'rateLimited') {
      const { reason, retryAt } = error.verdict
      log.info({ connectionId, provider: provider.id, reason }, 'the token endpoint asks to wait')
      const isDeferred = await deferRefresh(database, lease, Math.max(0, retryAt - call.now()))
      return isDeferred ? { kind: 'unavailable', reason, retryAt } : await look(provider, connectionId, credentialsVersion)
    }
    if (!(error instanceof ProviderError) || error.verdict.kind !== 'unauthorized') {
      log.warn({ err: error, connectionId, provider: provider.id }, 'could not refresh')
      if (!await releaseLease(database, lease)) return await look(provider, connectionId, credentialsVersion)
      return { kind: 'unavailable', reason: error instanceof ProviderError ? error.verdict.reason : 'internal error' }
    }
    const { reason } = error.verdict
    if (await concludeDead(database, lease, reason)) return { kind: 'dead', reason }
    return await look(provider, connectionId, credentialsVersion)
  }
}

/** The attempt goes on without a caller whose time is over: others wait for it, and what it brings must be kept. */
function untilAborted (attempt: Promise<RefreshResult>, signal: AbortSignal): Promise<RefreshResult> {
  const givenUp: RefreshResult = { kind: 'unavailable', reason: 'no new credentials came in time' }
  // One signal serves a whole batch; each listener is taken off again.
  setMaxListeners(0, signal)
  return new Promise((resolve, reject) => {
    const giveUp = (): void => resolve(givenUp)
    if (signal.aborted) giveUp()
    signal.addEventListener('abort', giveUp, { once: true })
    attempt.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp))
  })
}
