import type { Database } from '../../db/index.ts'
import { assignPositions } from '../../events/index.ts'

/** Events per transaction. Each becomes at most one row for each endpoint. */
const eventsPerRun = 500
const reader = 'endpoints'

/** Whether there are events that `fanOutEvents` has not read, and an endpoint that may receive them. */
export async function hasNewEvents ({ sql }: Pick<Database, 'sql'>): Promise<boolean> {
  const [row] = await sql<Array<{ isNew: boolean }>>`
    select exists (select from endpoints where disabled_at is null) and (
      exists (select from events where position is null)
      or coalesce((select max(position) from events), 0)
        > coalesce((select position from event_readers where name = ${reader}), 0)
    ) as "isNew"`
  return row?.isNew === true
}

/**
 * Creates the deliveries of all new events, for the endpoints that are enabled and want them. One process at a time does, and
 * the position that it has reached is stored with the deliveries: after a crash, the next run continues there. Without an enabled
 * endpoint it reads nothing. Events from before the first one was enabled are skipped.
 */
export async function fanOutEvents ({ sql }: Pick<Database, 'sql'>, now: number): Promise<number> {
  const [{ after } = { after: null }] = await sql<Array<{ after: number | null }>>`
    select min(after_position)::float8 as after from endpoints where disabled_at is null`
  if (after === null) return 0
  const head = await assignPositions({ sql })
  for (let total = 0; ;) {
    const created = await fanOutSome({ sql }, { after, head, now })
    total += created ?? 0
    if (created === undefined) return total
  }
}

/** The number of new deliveries. Undefined when there are no more events up to `head`. */
async function fanOutSome (
  { sql }: Pick<Database, 'sql'>, { after, head, now }: { after: number, head: number, now: number }
): Promise<number | undefined> {
  return await sql.begin(async (tx) => {
    await tx`insert into event_readers (name, position) values (${reader}, 0) on conflict do nothing`
    const [row] = await tx<Array<{ position: number }>>`
      select position::float8 as position from event_readers where name = ${reader} for update`
    const reached = row?.position ?? 0
    const moveTo = (position: number) => tx`update event_readers set position = ${position}::bigint where name = ${reader}`
    const position = Math.max(after, reached)
    if (position >= head) {
      if (position > reached) await moveTo(position)
      return undefined
    }
    const [result] = await tx<Array<{ last: number | null, created: number }>>`
      with receivers as materialized (
        -- One that is being disabled is waited for, because it cancels only the deliveries that it sees.
        select id, events, after_position from endpoints where disabled_at is null order by id for share
      ), batch as (
        select id, position, type from events
        where position > ${position}::bigint and position <= ${head}::bigint order by position limit ${eventsPerRun}
      ), created as (
        insert into endpoint_deliveries (endpoint_id, event_id, state, next_attempt_at)
        select receivers.id, batch.id, 'pending', to_timestamp(${now}::float8 / 1000)
        from receivers join batch on receivers.after_position < batch.position
          and (type = any (events) or '*' = any (events) and type not like 'delivery.%')
        order by receivers.id, batch.id
        on conflict do nothing returning endpoint_id
      )
      select (select max(position)::float8 from batch) as last, (select count(*)::int from created) as created`
    await moveTo(result?.last ?? head)
    return result?.created ?? 0
  })
}
