import type { Database } from '../db/index.ts'

type Sql = Pick<Database, 'sql'>

/** The user by the site's id, and the pseudonym that replaces it. */
export interface ErasedUser {
  externalId: string
  pseudonym: string
}

/** Replaces the user in these notifications. Returns the number of notifications that named the user. */
export async function eraseFromNotifications ({ sql }: Sql, user: ErasedUser, ids: string[]): Promise<number> {
  if (ids.length === 0) return 0
  const { count } = await replaceUser({ sql }, user, sql`id = any (${ids}::uuid[])`)
  return count
}

export interface NotificationRange {
  /** Ids, both excluded. */
  after: string | null
  before: string
  limit: number
}

/**
 * Replaces the user in the notifications that name it, of up to `limit` notifications in a range: no index leads from a user to
 * notifications. `last` is the last notification that was read. Null when there was none.
 */
export async function searchNotifications (
  { sql }: Sql, user: ErasedUser, { after, before, limit }: NotificationRange
): Promise<{ erased: number, last: string | null, isEnd: boolean }> {
  const rows = await sql<Array<{ id: string, isNamed: boolean }>>`
    select id, ${names(sql, user)} as "isNamed" from notifications
    where id < ${before} ${after === null ? sql`` : sql`and id > ${after}`}
    order by id limit ${limit}`
  const named = rows.filter(({ isNamed }) => isNamed).map(({ id }) => id)
  return {
    erased: await eraseFromNotifications({ sql }, user, named),
    last: rows.at(-1)?.id ?? after,
    isEnd: rows.length < limit
  }
}

/** A notification to this user alone is about this user, so its message and the site's data go too. */
async function replaceUser ({ sql }: Sql, user: ErasedUser, which: ReturnType<Sql['sql']>): Promise<{ count: number }> {
  const { externalId, pseudonym } = user
  const isAlone = sql`jsonb_array_length(coalesce(audience -> 'userIds', '[]')) = 1 and audience -> 'userIds' ? ${externalId}::text`
  return await sql`
    update notifications set
      audience = case when audience ? 'userIds' then jsonb_build_object('userIds', (
        select jsonb_agg(case when id = ${externalId}::text then ${pseudonym}::text else id end order by place)
        from jsonb_array_elements_text(audience -> 'userIds') with ordinality as named (id, place)
      )) else audience end,
      unreachable = coalesce((
        select jsonb_agg(case when entry ->> 'userId' = ${externalId}::text
          then jsonb_set(entry, '{userId}', to_jsonb(${pseudonym}::text)) else entry end order by place)
        from jsonb_array_elements(unreachable) with ordinality as listed (entry, place)
      ), '[]'),
      message = case when ${isAlone} then '{"type": "note", "body": "(erased)"}' else message end,
      data = case when ${isAlone} then null else data end
    where ${which} and (${names(sql, user)})`
}

function names (sql: Database['sql'], { externalId }: ErasedUser) {
  return sql`coalesce(audience -> 'userIds' ? ${externalId}::text, false)
    or unreachable @> jsonb_build_array(jsonb_build_object('userId', ${externalId}::text))`
}
