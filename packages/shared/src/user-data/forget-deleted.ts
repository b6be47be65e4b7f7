import type { Database } from '../db/index.ts'

/** Deliveries are deleted by the week, so the last one goes up to this much later than the retention time. */
const marginDays = 14
const perRun = 1_000

/**
 * Deletes the pseudonyms of deleted users with their connections, grants and reports, when the deliveries that refer to them are
 * older than the retention time. One that owns a team stays until the site names another owner. Returns the number of users.
 */
export async function forgetDeleted ({ sql: pool }: Pick<Database, 'sql'>, retentionDays: number): Promise<number> {
  return await pool.begin(async (sql) => {
    const before = sql`now() - ${retentionDays + marginDays} * interval '1 day'`
    const old = await sql<Array<{ userId: string }>>`
      select user_id as "userId" from user_deletions
      -- Ids begin with the time, so that only old reports are read.
      where id < uuid_since(${before}) and completed_at < ${before}
        and not exists (select from teams where owner_id = user_id)
        and not exists (
          select from connections join deliveries on connection_id = connections.id where connections.user_id = user_deletions.user_id)
      order by id limit ${perRun} for update skip locked`
    const userIds = old.map(({ userId }) => userId)
    if (userIds.length === 0) return 0
    const held = await sql<Array<{ id: string }>>`select grant_id as id from connections where user_id = any (${userIds}::uuid[])`
    const { count } = await sql`delete from users where id = any (${userIds}::uuid[])`
    await sql`
      delete from grants where id = any (${held.map(({ id }) => id)}::uuid[]) and status = 'revoked' and key is null
        and not exists (select from connections where grant_id = grants.id)`
    return count
  })
}
