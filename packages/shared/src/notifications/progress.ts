import { deliveryStates } from '../db/index.ts'
import type { DeliveryState } from '../deliveries/states.ts'

export type DeliveryCounts = Record<DeliveryState, number>

/** The progress of a notification at one provider. */
export interface ProviderProgress {
  provider: string
  counts: DeliveryCounts
  /** Deliveries that ended per second, over the last ten seconds. */
  perSecond: number
  /** Null when no delivery has ended recently, so no estimate is possible. 0 when no delivery is pending. */
  secondsLeft: number | null
}

/** A row of `progress`, with the database's time. */
export interface ProgressRow extends DeliveryCounts {
  provider: string
  recent: number[]
  recentSecond: number
  /** Seconds since the epoch: now, and when the first delivery was claimed. */
  second: number
  startedSecond: number | null
}

export function toProgress (row: ProgressRow): ProviderProgress {
  const counts = completeCounts(row)
  const perSecond = recentRate(row)
  const underway = counts.queued + counts.sending + counts.retrying
  const secondsLeft = underway === 0 ? 0 : perSecond === 0 ? null : Math.ceil(underway / perSecond)
  return { provider: row.provider, counts, perSecond, secondsLeft }
}

const noCounts = Object.fromEntries(deliveryStates.map((state) => [state, 0])) as DeliveryCounts

export function completeCounts (counts: Partial<DeliveryCounts>): DeliveryCounts {
  const complete = { ...noCounts }
  for (const state of deliveryStates) complete[state] = counts[state] ?? 0
  return complete
}

export function addCounts (all: DeliveryCounts[]): DeliveryCounts {
  const total = { ...noCounts }
  for (const counts of all) for (const state of deliveryStates) total[state] += counts[state]
  return total
}

const windowSeconds = 10

/** The rate over the last whole seconds, or since the start of a more recent broadcast. */
function recentRate ({ recent, recentSecond, second, startedSecond }: ProgressRow): number {
  if (startedSecond === null) return 0
  const first = Math.max(second - windowSeconds, Math.floor(startedSecond))
  let ended = 0
  for (let at = first; at < second; at++) {
    const isKept = at <= recentSecond && at > recentSecond - recent.length
    if (isKept) ended += recent[at % recent.length] ?? 0
  }
  return ended / Math.max(1, second - first)
}
