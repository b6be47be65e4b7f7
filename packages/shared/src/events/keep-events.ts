import type { Database, optInEventTypes } from '../db/index.ts'

/** The maximum of events that one statement deletes. The next run continues. */
const perRun = 10_000

/** Deletes events that are older than the retention time, and returns their number. */
export async function sweepEvents ({ sql }: Pick<Database, 'sql'>, retentionDays: number): Promise<number> {
  const { count } = await sql`
    delete from events where id in (
      select id from events where id < uuid_since(now() - ${retentionDays} * interval '1 day') order by id limit ${perRun}
      for update skip locked)`
  return count
}

/** Records events of these types from now on, until the same `source` requests others. See `event_requests`. */
export async function requestEvents (
  { sql }: Pick<Database, 'sql'>, source: string, types: ReadonlyArray<typeof optInEventTypes[number]>
): Promise<void> {
  await sql`
    with ended as (
      delete from event_requests where source = ${source} and type <> all (${[...types]}::text[])
    )
    insert into event_requests (source, type) select ${source}, type from unnest(${[...types]}::text[]) as type
    on conflict do nothing`
}
