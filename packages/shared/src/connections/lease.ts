import { newId } from '../db/index.ts'
import type { Database } from '../db/index.ts'

/** The right to refresh one version of a connection's credentials, until it expires. */
export interface Lease {
  connectionId: string
  credentialsVersion: number
  fence: number
  /** Sealed. */
  credentials: string
}

/** The current state of a connection's credentials. */
export interface CredentialsState {
  credentialsVersion: number
  status: 'active' | 'needsReauth' | 'revoked'
  accountId: string
  /** Sealed. Null when the connection is revoked. */
  credentials: string | null
  /** Milliseconds until a refresh is allowed. Null when it is allowed now, or never. */
  refreshWaitMs: number | null
}

/**
 * Takes the lease on the credentials of this version. Undefined when another process has it, the credentials were replaced or
 * are not active, or the token endpoint requested a wait. The lease is stored in the row, so no transaction stays open.
 */
export async function takeLease (
  { sql }: Database, { id, version, owner, leaseMs }: { id: string, version: number, owner: string, leaseMs: number }
): Promise<Lease | undefined> {
  const [lease] = await sql<Lease[]>`
    update connections set lease_owner = ${owner}, lease_until = now() + ${leaseMs}::int * interval '1 millisecond', fence = fence + 1
    where id = ${id} and credentials_version = ${version} and status = 'active' and (lease_until is null or lease_until < now())
      and (refresh_after is null or refresh_after <= now())
    returning id as "connectionId", credentials_version as "credentialsVersion", fence, credentials`
  return lease
}

/**
 * Stores refreshed credentials, even after the lease has expired: the provider has rotated the pair, so only the new one works.
 * Reverts a `needsReauth` that another process derived from the old pair, and records the event. `stored` is false when a
 * reconnect, another refresh or a disconnect came first.
 */
export async function storeRefreshed (
  { sql }: Database, lease: Lease, { credentials, expiresAt }: { credentials: string, expiresAt: Date | undefined }
): Promise<{ stored: boolean, recovered: boolean }> {
  const [row] = await sql<Array<{ recovered: boolean }>>`
    with stored as (
      update connections set credentials = ${credentials}, expires_at = ${expiresAt?.toISOString() ?? null}::timestamptz,
        credentials_version = connections.credentials_version + 1, status = 'active', status_reason = null,
        refresh_after = null, lease_owner = null, lease_until = null, updated_at = now()
      from (select id, status from connections where id = ${lease.connectionId} for update) as before
      where connections.id = before.id and connections.credentials_version = ${lease.credentialsVersion}
        and connections.status <> 'revoked'
      returning connections.id, before.status = 'needsReauth' as recovered
    ), event as (
      insert into connection_events (id, connection_id, event) select ${newId()}, id, 'connection.recovered' from stored where recovered
    )
    select recovered from stored`
  return { stored: row !== undefined, recovered: row?.recovered === true }
}

/** Marks the credentials as refused, and records the event. False, without any change, unless this is the latest lease. */
export async function markRefused ({ sql }: Database, lease: Lease, reason: string): Promise<boolean> {
  const { count } = await sql`
    with dead as (
      update connections set status = 'needsReauth', status_reason = ${reason}, lease_owner = null, lease_until = null, updated_at = now()
      where id = ${lease.connectionId} and credentials_version = ${lease.credentialsVersion} and fence = ${lease.fence}
        and status = 'active'
      returning id
    )
    insert into connection_events (id, connection_id, event, reason)
    select ${newId()}, id, 'connection.needs_reauth', ${reason} from dead`
  return count === 1
}

/** Releases the lease, so the next process does not wait until it expires. False when it was already lost. */
export async function releaseLease ({ sql }: Database, lease: Lease): Promise<boolean> {
  const { count } = await sql`
    update connections set lease_owner = null, lease_until = null
    where id = ${lease.connectionId} and fence = ${lease.fence} and credentials_version = ${lease.credentialsVersion}`
  return count === 1
}

/** Releases the lease, and prevents a refresh for `waitMs`. False when the lease was already lost. */
export async function deferRefresh ({ sql }: Database, lease: Lease, waitMs: number): Promise<boolean> {
  const { count } = await sql`
    update connections set refresh_after = now() + ${waitMs}::float8 * interval '1 millisecond', lease_owner = null, lease_until = null
    where id = ${lease.connectionId} and fence = ${lease.fence} and credentials_version = ${lease.credentialsVersion}`
  return count === 1
}

/** Records that this version has no refresh token, so no process tries to refresh it. */
export async function disableRefresh ({ sql }: Database, id: string, version: number): Promise<void> {
  await sql`
    update connections set refresh_after = 'infinity'
    where id = ${id} and credentials_version = ${version}
      and refresh_after is distinct from 'infinity'`
}

export async function readCredentials ({ sql }: Database, id: string): Promise<CredentialsState | undefined> {
  const [state] = await sql<CredentialsState[]>`
    select credentials_version as "credentialsVersion", status, account_id as "accountId", credentials,
      case when refresh_after > now() and refresh_after < 'infinity' then extract(epoch from refresh_after - now()) * 1000 end::float8 as "refreshWaitMs"
    from connections where id = ${id}`
  return state
}

/** Whether a process has the lease now. */
export async function isLeased ({ sql }: Database, id: string): Promise<boolean> {
  const rows = await sql`select from connections where id = ${id} and lease_until > now()`
  return rows.length === 1
}
