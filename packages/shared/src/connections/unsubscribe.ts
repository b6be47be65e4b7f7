import type { Database } from '../db/index.ts'

interface AccountRef {
  provider: string
  accountId: string
}

/** Mutes the open connections of an account, because its user wants no more messages there. Returns their number. */
export async function unsubscribe ({ sql }: Database, { provider, accountId }: AccountRef): Promise<number> {
  const { count } = await sql`
    with muted as (
      update connections set muted = 'unsubscribed', updated_at = now()
      where id in (
        select id from connections
        where provider = ${provider} and account_id = ${accountId} and status <> 'revoked' and muted is null
        order by id for no key update)
      returning id
    )
    insert into connection_events (id, connection_id, event, reason)
    select new_id(), id, 'connection.muted', 'unsubscribed' from muted`
  return count
}

/** Ends what `unsubscribe` did. Connections that their user muted stay muted. Returns their number. */
export async function resubscribe ({ sql }: Database, { provider, accountId }: AccountRef): Promise<number> {
  const { count } = await sql`
    with unmuted as (
      update connections set muted = null, updated_at = now()
      where id in (
        select id from connections
        where provider = ${provider} and account_id = ${accountId} and status <> 'revoked' and muted = 'unsubscribed'
        order by id for no key update)
      returning id
    )
    insert into connection_events (id, connection_id, event)
    select new_id(), id, 'connection.unmuted' from unmuted`
  return count
}
