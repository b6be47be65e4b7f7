import { newId } from '../../db/index.ts'
import type { Database } from '../../db/index.ts'
import { eventColumns, eventJoins, toEvent } from '../../events/index.ts'
import type { Event, EventRow } from '../../events/index.ts'

/** An event to send to an endpoint, under a lease. */
export interface ClaimedEvent {
  endpointId: string
  eventId: string
  leaseId: string
  /** Attempts before this one. */
  attempts: number
  url: string
  /** Sealed. */
  secrets: string
  event: Event
}

export interface ClaimOptions {
  now: number
  leaseMs: number
  /** The maximum for an endpoint that is not in `room`. */
  perEndpoint: number
  /** The maximum for the endpoints that are already busy. */
  room: ReadonlyMap<string, number>
}

/**
 * Claims events that are due, in one statement, so many of each endpoint that a slow one holds no other. An event whose lease has
 * ended is due again: its worker crashed.
 */
export async function claimEvents (
  { sql }: Pick<Database, 'sql'>, { now, leaseMs, perEndpoint, room }: ClaimOptions
): Promise<ClaimedEvent[]> {
  const leaseId = newId()
  const at = sql`to_timestamp(${now}::float8 / 1000)`
  const rows = await sql<Array<EventRow & { endpointId: string, attempts: number, url: string, secrets: string }>>`
    with due as (
      select waiting.endpoint_id, waiting.event_id, url, secrets
      from endpoints
      left join unnest(${[...room.keys()]}::uuid[], ${[...room.values()]}::int[]) as busy (id, room) on busy.id = endpoints.id
      cross join lateral (
        -- An event may have been deleted while its delivery waited.
        select endpoint_id, event_id from endpoint_deliveries join events on events.id = event_id
        where endpoint_id = endpoints.id and next_attempt_at <= ${at}
        order by next_attempt_at limit coalesce(busy.room, ${perEndpoint}) for update of endpoint_deliveries skip locked
      ) as waiting
      where disabled_at is null
    ), claimed as (
      update endpoint_deliveries set state = 'sending', lease_id = ${leaseId}, updated_at = now(),
        next_attempt_at = to_timestamp((${now}::float8 + ${leaseMs}) / 1000)
      from due where endpoint_deliveries.endpoint_id = due.endpoint_id and endpoint_deliveries.event_id = due.event_id
      returning endpoint_deliveries.endpoint_id, endpoint_deliveries.event_id, attempts, url, secrets
    )
    select endpoint_id as "endpointId", attempts, url, secrets, ${eventColumns(sql)}
    from claimed join events on events.id = claimed.event_id ${eventJoins(sql)}`
  return rows.map((row) => {
    const { id: eventId, endpointId, attempts, url, secrets } = row
    return { endpointId, eventId, leaseId, attempts, url, secrets, event: toEvent(row) }
  })
}
