import type { Database } from '../db/index.ts'
import { groupBy } from '../deliveries/group-by.ts'
import { notificationStatus } from './notification-status.ts'
import type { NotificationStatus } from './notification-status.ts'
import { addCounts, completeCounts, toProgress } from './progress.ts'
import type { DeliveryState } from '../deliveries/states.ts'
import type { DeliveryCounts, ProgressRow, ProviderProgress } from './progress.ts'

/** The progress of a notification. */
export interface NotificationProgress {
  status: NotificationStatus
  /**
   * Whether the notification is completed, or canceled without pending deliveries. Only a retry of failed deliveries changes
   * it.
   */
  isOver: boolean
  /** The number of connections in the audience. 0 for a broadcast that is not planned yet. */
  deliveries: number
  counts: DeliveryCounts
  /** The counts by provider. */
  progress: ProviderProgress[]
  /** Changes whenever `status` or `counts` changes. */
  version: string
}

/** The input of `toNotificationProgress`, selected by `notificationProgressColumns`. */
export interface NotificationProgressRow {
  status: NotificationStatus
  isPlanned: boolean
  tracked: Array<ProgressRow & { version: number, audience: number }> | null
  counted: Array<{ provider: string, state: DeliveryState, number: number }> | null
}

/** Undefined when the notification does not exist. Does not read its message or, for a broadcast, any delivery. */
export async function findNotificationProgress ({ sql }: Database, id: string): Promise<NotificationProgress | undefined> {
  const [row] = await sql<NotificationProgressRow[]>`
    select ${notificationProgressColumns(sql)} from notifications ${notificationProgressJoins(sql)} where id = ${id}`
  return row === undefined ? undefined : toNotificationProgress(row)
}

export function notificationProgressColumns (sql: Database['sql']) {
  return sql`status, planned_at is not null as "isPlanned", tracked, counted`
}

/**
 * Adds `status`, `tracked` and `counted`. A planned broadcast has stored counts. The deliveries of named users and teams are
 * few, so they are counted. Requires a table named `notifications` in the statement.
 */
export function notificationProgressJoins (sql: Database['sql']) {
  return sql`
    cross join lateral (
      select jsonb_agg(jsonb_build_object(
        'provider', provider, 'version', version, 'recent', recent, 'recentSecond', recent_second,
        'second', floor(extract(epoch from now())), 'startedSecond', extract(epoch from started_at), 'audience', progress.audience,
        'queued', queued, 'sending', sending, 'retrying', retrying, 'parked', parked, 'sent', sent, 'failed', failed,
        'unknown', unknown, 'canceled', canceled, 'expired', expired, 'skipped', skipped) order by provider) as tracked,
        sum(queued) as queued, sum(sending + retrying) as active, sum(parked) as parked,
        sum(sent + failed + unknown + canceled + expired + skipped) as ended
      from progress where notification_id = notifications.id
    ) as broadcast
    cross join lateral (
      select jsonb_agg(by_state order by provider) as counted, sum(number) filter (where state = 'queued') as queued,
        sum(number) filter (where state in ('sending', 'retrying')) as active, sum(number) filter (where state = 'parked') as parked,
        sum(number) filter (where state not in ('queued', 'sending', 'retrying', 'parked')) as ended
      from (
        select provider, state, count(*) as number from deliveries
        where notification_id = notifications.id and tracked is null group by provider, state
      ) as by_state
    ) as named
    cross join lateral (
      select coalesce(broadcast.queued, named.queued, 0) as queued, coalesce(broadcast.active, named.active, 0) as active,
        coalesce(broadcast.parked, named.parked, 0) as parked, coalesce(broadcast.ended, named.ended, 0) as ended
    ) as total
    cross join lateral (select ${notificationStatus(sql)} as status) as derived`
}

export function toNotificationProgress ({ status, isPlanned, tracked, counted }: NotificationProgressRow): NotificationProgress {
  const progress = tracked === null ? toCounted(counted ?? []) : tracked.map(toProgress)
  const counts = addCounts(progress.map(({ counts }) => counts))
  const numbers = Object.values(counts)
  const version = tracked === null ? numbers.join('.') : sum(tracked.map(({ version }) => version))
  return {
    status,
    isOver: isPlanned && counts.queued + counts.sending + counts.retrying + counts.parked === 0,
    // The count is exact after planning. Until then it is the count at its start.
    deliveries: isPlanned ? sum(numbers) : sum((tracked ?? []).map(({ audience }) => audience)),
    counts,
    progress,
    version: `${version}-${status}`
  }
}

function toCounted (counted: NonNullable<NotificationProgressRow['counted']>): ProviderProgress[] {
  return [...groupBy(counted, ({ provider }) => provider)].map(([provider, states]) => {
    const counts = completeCounts(Object.fromEntries(states.map(({ state, number }) => [state, number])))
    const isOver = counts.queued + counts.sending + counts.retrying === 0
    return { provider, counts, perSecond: 0, secondsLeft: isOver ? 0 : null }
  })
}

function sum (numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
