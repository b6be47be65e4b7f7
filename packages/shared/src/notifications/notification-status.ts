import type { Database } from '../db/index.ts'

/** All statuses of a notification. `completed`: no delivery waits. `parked`: all that wait need users to reconnect. */
export const notificationStatuses = [
  'scheduled', 'accepted', 'planning', 'sending', 'parked', 'paused', 'completed', 'canceled'
] as const

export type NotificationStatus = typeof notificationStatuses[number]

/**
 * The status of a row of `notifications`, given the counts of its deliveries as `total`, and whether a broadcast has `tracked`
 * progress. Lists filter by it, so it is computed by the database only.
 */
export function notificationStatus (sql: Database['sql']) {
  return sql`case
    when canceled_at is not null then 'canceled'
    when planned_at is not null and total.queued + total.active + total.parked = 0 then 'completed'
    when paused_at is not null then 'paused'
    when planned_at is not null and total.queued + total.active = 0 then 'parked'
    when send_at > now() then 'scheduled'
    when planned_at is null and tracked is null then 'accepted'
    when planned_at is null then 'planning'
    when total.queued > 0 and total.active + total.ended = 0 then 'accepted'
    else 'sending' end`
}
