import type { Database } from '../db/index.ts'

/** Deliveries are deleted by the week, so the last one goes up to this much later than the retention time. */
const marginDays = 14
const perRun = 1_000

/**
 * Deletes the pseudonyms of deleted users with their connections and reports, when the deliveries that refer to them are older
 * than the retention time. One that owns a team stays until the site names another owner.
 */
export async function forgetDeleted ({ sql }: Pick<Database, 'sql'>, retentionDays: number): Promise<number> {
  const { count } = await sql`
    delete from users where id in (
      select user_id from user_deletions
      where completed_at < now() - ${retentionDays + marginDays} * interval '1 day'
        and not exists (select from teams where owner_id = user_id)
        and not exists (
          select from connections join deliveries on connection_id = connections.id where connections.user_id = user_deletions.user_id)
      order by id limit ${perRun})`
  return count
}
