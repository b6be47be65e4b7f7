import { newId } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import type { Log } from '../log/index.ts'
import { ProviderError } from '../providers/index.ts'
import type { Call, Credentials, Provider } from '../providers/index.ts'
import type { Vault } from '../vault/index.ts'
import { recordEvents } from './events.ts'
import { concludeDead, readCredentials, releaseLease, storeRefreshed, takeLease } from './lease.ts'
import type { Lease } from './lease.ts'
import { openCredentials, sealCredentials } from './store.ts'

export interface RefreshServices {
  database: Database
  vault: Vault
  log: Log
  /** Called when a connection that was given up has come back: what was parked for it may go. */
  onRecovered?: (connectionId: string) => Promise<void>
}

/** Credentials that are fit for use, and which version they are. */
export interface Fresh {
  credentials: Credentials
  credentialsVersion: number
}

/** What a refresh came to. `unavailable` marks nothing: nobody could be asked, so the old credentials may still be good. */
export type RefreshResult =
  | { kind: 'fresh', fresh: Fresh }
  | { kind: 'dead', reason: string }
  | { kind: 'unavailable', reason: string }

export interface Refresher {
  /**
   * Newer credentials than those of `seenVersion`: ones that somebody has brought meanwhile, or ones that we bring. Over all
   * processes one asks the provider and the others wait for what it brings.
   */
  refresh: (provider: Provider, connection: { id: string, seenVersion: number }, call: Call) => Promise<RefreshResult>
}

/** How long a holder may take before others try; its request is given up well before. */
const leaseMs = 20_000
const requestMs = 15_000
const patienceMs = 45_000

/** Refreshes credentials, one at a time per connection. */
export function createRefresher ({ database, vault, log, onRecovered = async () => {} }: RefreshServices): Refresher {
  const owner = newId()
  /** In this process, callers of the same version share one attempt. */
  const running = new Map<string, Promise<RefreshResult>>()

  return {
    refresh: (provider, { id, seenVersion }, call) => {
      const key = `${id} ${seenVersion}`
      const known = running.get(key)
      if (known !== undefined) return known
      const attempt = run(provider, id, seenVersion, call).finally(() => running.delete(key))
      running.set(key, attempt)
      return attempt
    }
  }

  async function run (provider: Provider, id: string, seenVersion: number, call: Call): Promise<RefreshResult> {
    const deadline = call.now() + patienceMs
    for (let waitMs = 20; call.now() < deadline; waitMs = Math.min(waitMs * 2, 500)) {
      const settled = await look(provider, id, seenVersion)
      if (settled !== undefined) return settled
      const lease = await takeLease(database, { id, version: seenVersion, owner, leaseMs })
      if (lease !== undefined) return refreshUnder(lease, provider, call)
      await new Promise((resolve) => setTimeout(resolve, waitMs * (0.5 + Math.random() / 2)))
    }
    return { kind: 'unavailable', reason: 'somebody else is refreshing and does not come to an end' }
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

  async function refreshUnder (lease: Lease, provider: Provider, call: Call): Promise<RefreshResult> {
    const { connectionId: id, credentialsVersion } = lease
    try {
      const old = openCredentials(vault, provider, { id, credentials: lease.credentials })
      const signal = AbortSignal.timeout(requestMs) // the caller's patience is not the others'
      const refreshed = await provider.refresh?.(old, { ...call, signal })
      if (refreshed === undefined) throw new Error('A provider that refreshes brought nothing')
      const sealed = sealCredentials(vault, id, refreshed.credentials)
      const { stored, recovered } = await storeRefreshed(database, lease, { credentials: sealed, expiresAt: refreshed.expiresAt })
      if (!stored) return await look(provider, id, credentialsVersion) ?? { kind: 'unavailable', reason: 'the connection has changed' }
      if (recovered) {
        await recordEvents(database, [{ connectionId: id, event: 'connection.recovered' }])
        await onRecovered(id)
      }
      return { kind: 'fresh', fresh: { credentials: refreshed.credentials, credentialsVersion: credentialsVersion + 1 } }
    } catch (error) {
      return await fail(error, lease, provider)
    }
  }

  /** A refusal counts only when the row is still the one that was refused: a reconnect always beats a late refresh. */
  async function fail (error: unknown, lease: Lease, provider: Provider): Promise<RefreshResult> {
    const { connectionId, credentialsVersion } = lease
    if (!(error instanceof ProviderError) || error.verdict.kind !== 'unauthorized') {
      log.warn({ err: error, connectionId, provider: provider.id }, 'could not refresh')
      await releaseLease(database, lease)
      return { kind: 'unavailable', reason: error instanceof ProviderError ? error.verdict.reason : 'internal error' }
    }
    const { reason } = error.verdict
    if (await concludeDead(database, lease, reason)) {
      await recordEvents(database, [{ connectionId, event: 'connection.needs_reauth', reason }])
      return { kind: 'dead', reason }
    }
    return await look(provider, connectionId, credentialsVersion) ?? { kind: 'dead', reason }
  }
}
