import type { Refresher } from '@carillon/shared/grants'
import type { Database } from '@carillon/shared/db'
import type { Log } from '@carillon/shared/log'
import type { RequestContext, Provider } from '@carillon/shared/providers'
import { forEachBounded } from '../for-each-bounded.ts'

export interface RefreshAheadServices extends Omit<RequestContext, 'signal'> {
  database: Database
  providers: ReadonlyMap<string, Provider>
  refresher: Refresher
  log: Log
}

const grantsPerRun = 500
const runMs = 60_000
const concurrency = 16

/**
 * Refreshes credentials before they expire, so that no delivery waits for a refresh and no refresh token becomes too old. The
 * times are spread over the second half of `refreshAheadMs` by grant. Returns the number of refreshed credentials.
 */
export async function refreshAhead (services: RefreshAheadServices): Promise<number> {
  let total = 0
  for (const provider of services.providers.values()) {
    if (provider.refresh !== undefined) total += await refreshAheadOf(provider, services)
  }
  return total
}

async function refreshAheadOf (
  provider: Provider, { database, refresher, log, http, now, registrations }: RefreshAheadServices
): Promise<number> {
  const aheadMs = provider.refreshAheadMs ?? 0
  const due = await database.sql<Array<{ grantId: string, seenVersion: number }>>`
    select id as "grantId", version as "seenVersion" from grants
    where provider = ${provider.id} and status = 'active' and (lease_until is null or lease_until < now())
      and (refresh_after is null or refresh_after <= now())
      -- the condition without the spread can use the index
      and expires_at < now() + ${aheadMs}::float8 * interval '1 millisecond'
      and expires_at < now() + ${aheadMs}::float8 * interval '1 millisecond'
        * (0.5 + (hashtextextended(id::text, version) & 65535) / 131072.0)
    order by expires_at limit ${grantsPerRun}`
  const counts = { fresh: 0, dead: 0, misconfigured: 0, unavailable: 0, unrefreshable: 0 }
  let limitedUntil = 0
  let misconfigured: string | undefined
  const context = { http, now, registrations, signal: AbortSignal.timeout(runMs) }
  await forEachBounded(due, concurrency, async (grant) => {
    // The token endpoint limits our client, which all grants share. The next run continues.
    if (limitedUntil > now() || misconfigured !== undefined) return
    const result = await refresher.refresh(provider, grant, context)
    counts[result.kind]++
    if (result.kind === 'unavailable') limitedUntil = Math.max(limitedUntil, result.retryAt ?? 0)
    if (result.kind === 'misconfigured') misconfigured = result.failure.reason
  })
  // Deliveries still work with the old tokens, so the provider is not paused yet.
  if (misconfigured !== undefined) {
    log.error({ provider: provider.id, reason: misconfigured }, 'the provider refuses this deployment, so tokens will expire; fix its configuration')
  }
  if (due.length > 0) log.info({ provider: provider.id, ...counts }, 'refreshed ahead')
  return counts.fresh
}
