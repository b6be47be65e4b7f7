import { deliveryStates, newId } from '../../src/db/index.ts'
import type { Database } from '../../src/db/index.ts'
import { insertNotifications } from '../../src/deliveries/sql/insert-notifications.ts'
import type { DeliveryState } from '../../src/deliveries/index.ts'
import type { DeliveryCounts, Draft } from '../../src/notifications/index.ts'
import { draftTo } from './drafts.ts'

/** A broadcast with its row of progress, as the worker creates it. `waiting` connections of its audience are in segments. */
export async function openBroadcast (
  database: Database, { waiting = 0, fields = {} }: { waiting?: number, fields?: Partial<Draft> } = {}
): Promise<string> {
  const draft = draftTo([], { audience: { everyone: true }, ...fields })
  await insertNotifications(database, [draft], [])
  await database.sql`
    insert into progress (notification_id, provider, audience, planned_to, planned, is_planned, queued)
    values (${draft.id}, 'pushbullet', ${waiting}, ${draft.id}, ${waiting}, true, ${waiting})`
  await database.sql`update notifications set planned_at = now() where id = ${draft.id}`
  return draft.id
}

/** Inserts deliveries in these states, each to a separate connection, in one statement. */
export async function insertDeliveries ({ sql }: Database, notificationId: string, states: DeliveryState[]): Promise<string[]> {
  const connectionIds = states.map(() => newId())
  await sql`
    insert into deliveries (notification_id, connection_id, provider, state, attempts, due_at, parked_at, claim_id, reason, receipt)
    select ${notificationId}::uuid, connection_id, 'pushbullet', state, case state when 'sent' then 1 else 0 end,
      case when state in ('queued', 'retrying') then now() end, case state when 'parked' then now() end,
      case state when 'sending' then gen_random_uuid() end,
      case when state not in ('queued', 'sending', 'sent') then 'because' end, case state when 'sent' then '{"id": "p1"}'::jsonb end
    from unnest(${connectionIds}::uuid[], ${states}::text[]) as row (connection_id, state)`
  return connectionIds
}

/** The counts of the trigger, and the counts of the rows. */
export async function countsOf (
  { sql }: Database, notificationId: string
): Promise<{ kept: DeliveryCounts, rows: DeliveryCounts }> {
  const zero = Object.fromEntries(deliveryStates.map((state) => [state, 0])) as DeliveryCounts
  const [kept] = await sql<DeliveryCounts[]>`
    select ${sql(deliveryStates)} from progress where notification_id = ${notificationId} and provider = 'pushbullet'`
  const rows = await sql<Array<{ state: DeliveryState, number: number }>>`
    select state, count(*)::int as number from deliveries where notification_id = ${notificationId} group by state`
  return {
    kept: { ...zero, ...kept }, rows: { ...zero, ...Object.fromEntries(rows.map(({ state, number }) => [state, number])) }
  }
}
