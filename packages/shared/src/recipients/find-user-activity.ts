import type { Database } from '../db/index.ts'

/** No index leads from a user to notifications without a delivery, so only the latest notifications are searched for them. */
export const searchedNotifications = 500

export interface UserActivity {
  isKnown: boolean
  /** The latest notifications that are addressed to the user or have a delivery to the user, newest first. */
  notificationIds: string[]
  /** The list lacks those without a delivery from before this time. Null when it is complete. */
  onlyDeliveredBefore: Date | null
}

/** `userId` is the site's id, and may be unknown. */
export async function findUserActivity ({ sql }: Database, userId: string, limit: number): Promise<UserActivity> {
  const [row] = await sql<Array<Omit<UserActivity, 'onlyDeliveredBefore'> & { onlyDeliveredBefore: string | null }>>`
    with team as materialized (
      select teams.external_id from team_members join teams on teams.id = team_id join users on users.id = user_id
      where users.external_id = ${userId}
    ), delivered as (
      select latest.notification_id as id
      from users join connections on connections.user_id = users.id
      -- The index deliveries_connection has them in this order.
      cross join lateral (
        select notification_id from deliveries where connection_id = connections.id order by notification_id desc limit ${limit}
      ) as latest
      where users.external_id = ${userId}
    ), addressed as (
      select id from (
        select id, audience from notifications order by id desc limit ${searchedNotifications}
      ) as latest
      where audience ? 'everyone' or audience -> 'userIds' ? ${userId}::text
        or audience -> 'teamIds' ?| array(select external_id from team)
      order by id desc limit ${limit}
    ), recent as (
      select id from delivered union select id from addressed order by id desc limit ${limit}
    ), last_searched as (
      select id, created_at from notifications order by id desc offset ${searchedNotifications - 1} limit 1
    )
    select exists (select from users where external_id = ${userId}) as "isKnown",
      array(select id from recent order by id desc) as "notificationIds", (
        select created_at from last_searched
        where (select count(*) from recent) < ${limit} or exists (select from recent where recent.id < last_searched.id)
      ) as "onlyDeliveredBefore"`
  if (row === undefined) throw new Error('The statement returns one row')
  const { isKnown, notificationIds, onlyDeliveredBefore: before } = row
  return { isKnown, notificationIds, onlyDeliveredBefore: before === null ? null : new Date(before) }
}
