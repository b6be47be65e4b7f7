import type { PendingQuery, Row } from 'postgres'
import type { Database } from '../db/index.ts'

/** Credentials that the provider refused. */
export interface RefusedCredentials {
  grantId: string
  credentialsVersion: number
  reason: string
  /** The permissions that they lack, if that is why. */
  missing?: string[]
}

/**
 * Marks a grant and its connections as `needsReauth`, and records the events, when the provider refused the credentials of this
 * version. False, without any change, when they were replaced or a process is refreshing them: the provider may have rotated
 * them.
 */
export async function markNeedsReauth (
  database: Database, { grantId, credentialsVersion, reason, missing }: RefusedCredentials
): Promise<boolean> {
  const { sql } = database
  return await endAccess(database, sql`
    update grants set status = 'needsReauth', updated_at = now()
    where id = ${grantId} and version = ${credentialsVersion} and status = 'active' and coalesce(lease_until <= now(), true)
    returning id`, reason, missing)
}

/**
 * Marks the connections of the grants that `refused` updates and returns. False when it returns none. The connections are locked
 * in the order of their ids, like everywhere, so that statements about the same connections do not deadlock.
 */
export async function endAccess (
  { sql }: Database, refused: PendingQuery<Row[]>, reason: string, missing: string[] | undefined = undefined
): Promise<boolean> {
  const rows = await sql`
    with refused as (${refused}),
    locked as (
      select connections.id from connections join refused on refused.id = grant_id
      where connections.status = 'active' order by connections.id for no key update of connections
    ), marked as (
      update connections set status = 'needsReauth', status_reason = ${reason},
        missing_permissions = coalesce(${missing ?? null}::text[], missing_permissions), updated_at = now()
      from locked where connections.id = locked.id returning connections.id
    ), logged as (
      insert into connection_events (id, connection_id, event, reason)
      select new_id(), id, 'connection.needs_reauth', ${reason} from marked
    )
    select from refused`
  return rows.length > 0
}
