import type { Database } from '../db/index.ts'
import { endAccess } from './mark-needs-reauth.ts'

/** The right to refresh one version of a grant's credentials, until it expires. */
export interface Lease {
  grantId: string
  credentialsVersion: number
  fence: number
  /** Sealed. */
  credentials: string
}

/** The current state of a grant's credentials. */
export interface CredentialsState {
  credentialsVersion: number
  status: 'active' | 'needsReauth' | 'revoked'
  /** The only connection of the grant. Null when several connections share the grant. */
  connectionId: string | null
  /** The account of that connection, or the key of the grant. */
  accountId: string
  /** Sealed. Null when the grant is revoked. */
  credentials: string | null
  /** Milliseconds until a refresh is allowed. Null when it is allowed now, or never. */
  refreshWaitMs: number | null
}

/**
 * Takes the lease on the credentials of this version. Undefined when another process has it, the credentials were replaced or
 * are not active, or the token endpoint requested a wait. The lease is stored in the row, so no transaction stays open.
 */
export async function takeLease (
  { sql }: Database, { grantId, version, owner, leaseMs }: { grantId: string, version: number, owner: string, leaseMs: number }
): Promise<Lease | undefined> {
  const [lease] = await sql<Lease[]>`
    update grants set lease_owner = ${owner}, lease_until = now() + ${leaseMs}::int * interval '1 millisecond', fence = fence + 1
    where id = ${grantId} and version = ${version} and status = 'active' and (lease_until is null or lease_until < now())
      and (refresh_after is null or refresh_after <= now())
    returning id as "grantId", version as "credentialsVersion", fence, credentials`
  return lease
}

/**
 * Stores refreshed credentials, even after the lease has expired: the provider has rotated the pair, so only the new one works.
 * Reverts a `needsReauth` that another process derived from the old pair, for all connections of the grant, and records the
 * events. `stored` is false when a reconnect, another refresh or a disconnect came first. `recovered` lists connections that
 * work again.
 */
export async function storeRefreshed (
  { sql }: Database, lease: Lease, { credentials, expiresAt }: { credentials: string, expiresAt: Date | undefined }
): Promise<{ stored: boolean, recovered: string[] }> {
  const [row] = await sql<Array<{ recovered: string[] }>>`
    with stored as (
      update grants set credentials = ${credentials}, expires_at = ${expiresAt?.toISOString() ?? null}::timestamptz,
        version = grants.version + 1, status = 'active', refresh_after = null, lease_owner = null, lease_until = null,
        updated_at = now()
      from (select id, status from grants where id = ${lease.grantId} for update) as before
      where grants.id = before.id and grants.version = ${lease.credentialsVersion} and grants.status <> 'revoked'
      returning grants.id, before.status = 'needsReauth' as is_recovered
    ), locked as (
      -- the locked row has the latest status, which a snapshot of the other process's change may not have
      select connections.id, connections.status from connections join stored on stored.id = grant_id
      where is_recovered order by connections.id for no key update of connections
    ), recovered as (
      update connections set status = 'active', status_reason = null, updated_at = now()
      from locked where connections.id = locked.id and locked.status = 'needsReauth' returning connections.id
    ), logged as (
      insert into connection_events (id, connection_id, event) select new_id(), id, 'connection.recovered' from recovered
    )
    select (select coalesce(array_agg(id), '{}') from recovered) as recovered from stored`
  return { stored: row !== undefined, recovered: row?.recovered ?? [] }
}

/** Marks the credentials as refused, and records the events. False, without any change, unless this is the latest lease. */
export async function markRefused (database: Database, lease: Lease, reason: string): Promise<boolean> {
  return await endAccess(database, database.sql`
    update grants set status = 'needsReauth', lease_owner = null, lease_until = null, updated_at = now()
    where id = ${lease.grantId} and version = ${lease.credentialsVersion} and fence = ${lease.fence} and status = 'active'
    returning id`, reason)
}

/** Releases the lease, so the next process does not wait until it expires. False when it was already lost. */
export async function releaseLease ({ sql }: Database, lease: Lease): Promise<boolean> {
  const { count } = await sql`
    update grants set lease_owner = null, lease_until = null
    where id = ${lease.grantId} and fence = ${lease.fence} and version = ${lease.credentialsVersion}`
  return count === 1
}

/** Releases the lease, and prevents a refresh for `waitMs`. False when the lease was already lost. */
export async function deferRefresh ({ sql }: Database, lease: Lease, waitMs: number): Promise<boolean> {
  const { count } = await sql`
    update grants set refresh_after = now() + ${waitMs}::float8 * interval '1 millisecond', lease_owner = null, lease_until = null
    where id = ${lease.grantId} and fence = ${lease.fence} and version = ${lease.credentialsVersion}`
  return count === 1
}

/** Records that this version has no refresh token, so no process tries to refresh it. */
export async function disableRefresh ({ sql }: Database, grantId: string, version: number): Promise<void> {
  await sql`
    update grants set refresh_after = 'infinity'
    where id = ${grantId} and version = ${version}
      and refresh_after is distinct from 'infinity'`
}

export async function readCredentials ({ sql }: Database, grantId: string): Promise<CredentialsState | undefined> {
  const [state] = await sql<CredentialsState[]>`
    select version as "credentialsVersion", grants.status, credentials, case when key is null then connections.id end as "connectionId",
      coalesce(key, account_id, '') as "accountId",
      case when refresh_after > now() and refresh_after < 'infinity' then extract(epoch from refresh_after - now()) * 1000 end::float8 as "refreshWaitMs"
    from grants left join connections on grant_id = grants.id where grants.id = ${grantId} limit 1`
  return state
}

/** Whether a process has the lease now. */
export async function isLeased ({ sql }: Database, grantId: string): Promise<boolean> {
  const rows = await sql`select from grants where id = ${grantId} and lease_until > now()`
  return rows.length === 1
}
