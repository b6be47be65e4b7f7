import type { Database } from '../db/index.ts'

const weekMs = 7 * 24 * 60 * 60 * 1000
const weeksAhead = 4

/**
 * Creates the partitions of deliveries for this week and the next ones. Returns how many were missing. `now` is in
 * milliseconds.
 */
export async function ensurePartitions ({ sql }: Pick<Database, 'sql'>, now: number): Promise<number> {
  const since = new Date(now).toISOString()
  const until = new Date(now + weeksAhead * weekMs).toISOString()
  const [row] = await sql<Array<{ made: number }>>`
    select ensure_delivery_partitions(${since}::timestamptz, ${until}::timestamptz) as made`
  return row?.made ?? 0
}

/**
 * Drops the partitions whose weeks ended before `before` (milliseconds), and their notifications. Keeps a partition that still
 * has deliveries to send. Returns the names of the dropped partitions.
 */
export async function dropPartitions ({ sql }: Pick<Database, 'sql'>, before: number): Promise<string[]> {
  const limit = new Date(before).toISOString()
  const old = await sql<Array<{ name: string, endsAt: string }>>`
    with named as materialized (
      -- materialized, so that only names of partitions are parsed: other names in the catalog contain no week
      select relname as name from pg_inherits join pg_class on pg_class.oid = inhrelid where inhparent = 'deliveries'::regclass
    )
    select name, (starts_at + interval '7 days')::text as "endsAt" from (
      select name, to_date(right(name, 7), 'IYYY"w"IW')::timestamp at time zone 'UTC' as starts_at from named
    ) as partition
    where starts_at + interval '7 days' <= ${limit}::timestamptz order by starts_at`
  const dropped: string[] = []
  for (const { name, endsAt } of old) {
    const [waiting] = await sql`
      select where exists (select from ${sql(name)} where due_at is not null)
        or exists (select from claims, unnest(notification_ids) as held (notification_id)
          where held.notification_id < uuid_since(${endsAt}::timestamptz))`
    if (waiting !== undefined) break
    // Runs outside a transaction, and does not block queries on the other weeks.
    await sql`alter table deliveries detach partition ${sql(name)} concurrently`
    await sql`drop table ${sql(name)}`
    await sql`delete from notifications where id < uuid_since(${endsAt}::timestamptz)`
    dropped.push(name)
  }
  return dropped
}
