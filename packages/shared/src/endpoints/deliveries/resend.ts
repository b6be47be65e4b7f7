import { and, asc, eq } from 'drizzle-orm'
import { endpointDeliveries, endpoints } from '../../db/index.ts'
import type { Database, endpointDeliveryStates } from '../../db/index.ts'

/** An event and an endpoint that receives it. */
export interface EventDelivery {
  endpointId: string
  state: typeof endpointDeliveryStates[number]
  attempts: number
  nextAttemptAt: Date | null
}

/**
 * Makes an event due again, with all its attempts: for one endpoint, whatever types it wants, or for all endpoints that want the
 * type. Disabled endpoints receive nothing. Returns the number of endpoints.
 */
export async function resendEvent (
  { sql }: Database, { eventId, endpointId, now }: { eventId: string, endpointId?: string | undefined, now: number }
): Promise<number> {
  const { count } = await sql`
    with receivers as materialized (
      -- One that is being disabled or deleted is waited for.
      select endpoints.id from events join endpoints on disabled_at is null and ${endpointId === undefined
        ? sql`(type = any (events) or '*' = any (events) and type not like 'delivery.%')`
        : sql`endpoints.id = ${endpointId}`}
      where events.id = ${eventId} order by endpoints.id for share of endpoints
    )
    insert into endpoint_deliveries (endpoint_id, event_id, state, next_attempt_at)
    select id, ${eventId}::uuid, 'pending', to_timestamp(${now}::float8 / 1000)
    from unnest(array(select id from receivers order by id)) as id
    on conflict (endpoint_id, event_id) do update set state = 'pending', attempts = 0, lease_id = null,
      next_attempt_at = excluded.next_attempt_at, updated_at = now()`
  return count
}

/** Whether an event exists. Old events are deleted. */
export async function isEvent ({ sql }: Database, id: string): Promise<boolean> {
  return (await sql`select from events where id = ${id}`).count === 1
}

/** The deliveries of an event, by their endpoints. */
export async function listEventDeliveries ({ db }: Database, eventId: string): Promise<EventDelivery[]> {
  const { endpointId, state, attempts, nextAttemptAt } = endpointDeliveries
  // From the few endpoints, because the primary key begins with them.
  return await db.select({ endpointId, state, attempts, nextAttemptAt }).from(endpoints)
    .innerJoin(endpointDeliveries, and(eq(endpointId, endpoints.id), eq(endpointDeliveries.eventId, eventId)))
    .orderBy(asc(endpointId))
}
