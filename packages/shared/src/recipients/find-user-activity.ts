import type { Database } from '../db/index.ts'

/** No index leads from a user to notifications, so only the latest ones are read. */
export const searchedNotifications = 500

export interface UserActivity {
  isKnown: boolean
  /** The latest notifications that are addressed to the user, newest first. */
  notificationIds: string[]
}

/** `userId` is the site's id, and may be unknown. */
export async function findUserActivity ({ sql }: Database, userId: string, limit: number): Promise<UserActivity> {
  const [row] = await sql<UserActivity[]>`
    with team as materialized (
      select teams.external_id from team_members join teams on teams.id = team_id join users on users.id = user_id
      where users.external_id = ${userId}
    )
    select exists (select from users where external_id = ${userId}) as "isKnown", array(
      select id from (
        select id, audience from notifications order by id desc limit ${searchedNotifications}
      ) as latest
      where audience ? 'everyone' or audience -> 'userIds' ? ${userId}::text
        or audience -> 'teamIds' ?| array(select external_id from team)
      order by id desc limit ${limit}
    ) as "notificationIds"`
  return row ?? { isKnown: false, notificationIds: [] }
}
