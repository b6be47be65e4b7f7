import type { Database } from '../db/index.ts'
import { isBroadcast } from './draft.ts'
import type { Audience } from './draft.ts'
import { groupBy } from '../deliveries/group-by.ts'
import { addCounts, completeCounts, toProgress } from './progress.ts'
import type { DeliveryState } from '../deliveries/states.ts'
import type { DeliveryCounts, ProgressRow, ProviderProgress } from './progress.ts'

type NotificationStatus = 'scheduled' | 'accepted' | 'planning' | 'sending' | 'paused' | 'completed' | 'canceled'

/** The progress of a notification. */
export interface NotificationProgress {
  /** `completed` once no delivery is pending or parked. */
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
  audience: Audience
  isScheduled: boolean
  isPlanned: boolean
  isPaused: boolean
  isCanceled: boolean
  tracked: Array<ProgressRow & { version: number, audience: number }> | null
  counted: Array<{ provider: string, state: DeliveryState, number: number }> | null
}

/** Undefined when the notification does not exist. Does not read its message or, for a broadcast, any delivery. */
export async function findNotificationProgress ({ sql }: Database, id: string): Promise<NotificationProgress | undefined> {
  const [row] = await sql<NotificationProgressRow[]>`
    select case when audience ? 'everyone' then audience else '{"userIds": []}' end as audience, ${notificationProgressColumns(sql)}
    from notifications ${notificationProgressJoins(sql)} where id = ${id}`
  return row === undefined ? undefined : toNotificationProgress(row)
}

export function notificationProgressColumns (sql: Database['sql']) {
  return sql`coalesce(send_at > now(), false) as "isScheduled", planned_at is not null as "isPlanned",
    paused_at is not null as "isPaused", canceled_at is not null as "isCanceled", tracked, counted`
}

/**
 * A broadcast's counts are stored. The deliveries of named users and teams are few, so they are counted. Requires a table named
 * `notifications` in the statement.
 */
export function notificationProgressJoins (sql: Database['sql']) {
  return sql`
    cross join lateral (
      select jsonb_agg(jsonb_build_object(
        'provider', provider, 'version', version, 'recent', recent, 'recentSecond', recent_second,
        'second', floor(extract(epoch from now())), 'startedSecond', extract(epoch from started_at), 'audience', progress.audience,
        'queued', queued, 'sending', sending, 'retrying', retrying, 'parked', parked, 'sent', sent, 'failed', failed,
        'unknown', unknown, 'canceled', canceled, 'expired', expired, 'skipped', skipped) order by provider) as tracked
      from progress where notification_id = notifications.id
    ) as tracked
    cross join lateral (
      select jsonb_agg(by_state order by provider) as counted from (
        select provider, state, count(*) as number from deliveries
        where notification_id = notifications.id and not notifications.audience ? 'everyone' group by provider, state
      ) as by_state
    ) as counted`
}

export function toNotificationProgress (row: NotificationProgressRow): NotificationProgress {
  const tracked = row.tracked ?? []
  const progress = isBroadcast(row.audience) ? tracked.map(toProgress) : toCounted(row.counted ?? [])
  const counts = addCounts(progress.map(({ counts }) => counts))
  const counted = Object.values(counts)
  const status = statusOf(row, counts)
  const version = tracked.length > 0 ? tracked.reduce((sum, { version }) => sum + version, 0) : counted.join('.')
  return {
    status,
    isOver: row.isPlanned && waitingOf(counts) === 0,
    // The count is exact after planning. Until then it is the count at its start.
    deliveries: row.isPlanned ? sum(counted) : sum(tracked.map(({ audience }) => audience)),
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

function statusOf (
  { isScheduled, isPlanned, isPaused, isCanceled, tracked }: NotificationProgressRow, counts: DeliveryCounts
): NotificationStatus {
  const { queued, sending, retrying, parked, ...ended } = counts
  if (isCanceled) return 'canceled'
  if (isPlanned && waitingOf(counts) === 0) return 'completed'
  if (isPaused) return 'paused'
  if (isScheduled) return 'scheduled'
  if (!isPlanned) return tracked === null ? 'accepted' : 'planning'
  const untouched = sending + retrying === 0 && Object.values(ended).every((number) => number === 0)
  return untouched && queued > 0 ? 'accepted' : 'sending'
}

function waitingOf ({ queued, sending, retrying, parked }: DeliveryCounts): number {
  return queued + sending + retrying + parked
}

function sum (numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
