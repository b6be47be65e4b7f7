import { newId } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import { erasePullsIn } from '../pulls/erase-pulls.ts'

/** Why the provider ended an account's connections. */
export interface AccountEnd {
  provider: string
  accountId: string
  /** The `statusReason` of the closed connections. */
  reason: string
  /** When the provider reported it. Keeps connections that were connected later. */
  at: Date
  /** Whether to delete all data about the account too, also that of closed connections. */
  erases?: boolean
}

/**
 * Closes the account's connections and deletes their credentials and pulled data, in one transaction. Returns the ids of the
 * closed connections. The provider has already revoked the credentials.
 */
export async function closeAccount (
  { sql }: Database, { provider, accountId, reason, at, erases = false }: AccountEnd
): Promise<string[]> {
  return await sql.begin(async (tx) => {
    // The time of a notice may be in whole seconds, so events of that second count as earlier.
    const meant = await tx<Array<{ id: string, isOpen: boolean }>>`
      select id, status <> 'revoked' as "isOpen" from connections
      where provider = ${provider} and account_id = ${accountId} and not exists (
        select from connection_events where connection_id = connections.id
          and event in ('connection.connected', 'connection.reconnected') and at >= ${at.toISOString()}::timestamptz + interval '1 second')
      order by id for no key update`
    const closed = meant.filter(({ isOpen }) => isOpen).map(({ id }) => id)
    await tx`
      update connections set status = 'revoked', status_reason = ${reason}, disconnected_at = now(), credentials = null,
        credentials_version = credentials_version + 1, expires_at = null, limited_until = null, lease_owner = null, lease_until = null,
        updated_at = now()
      where id = any (${closed}::uuid[])`
    await erasePullsIn(tx, closed)
    await tx`
      insert into connection_events (id, connection_id, event, reason)
      select * from unnest(${closed.map(() => newId())}::uuid[], ${closed}::uuid[]) as ids, (values ('connection.disconnected', ${reason})) as what`
    if (erases) {
      const ids = meant.map(({ id }) => id)
      await tx`update connections set account_id = '', account_name = '' where id = any (${ids}::uuid[])`
      await tx`delete from revocations where connection_id = any (${ids}::uuid[])`
    }
    return closed
  })
}
