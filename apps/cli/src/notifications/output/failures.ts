import { printable } from '../../printable.ts'
import { number } from './format.ts'
import type { DeliveryState, Progress } from '../api/notification.ts'
import type { NotificationsApi } from '../api/notifications-api.ts'
import { table } from './table.ts'

/** The number of deliveries that did not arrive for one reason. */
export interface Failure {
  provider: string
  state: DeliveryState
  /** Null if the state needs no reason. */
  reason: string | null
  count: number
}

const withReason: DeliveryState[] = ['failed', 'unknown', 'skipped', 'parked']
const withoutReason: DeliveryState[] = ['expired', 'canceled']

/** The most frequent failure first. Reads page by page and keeps only the counts. */
export async function readFailures (
  { deliveries }: Pick<NotificationsApi, 'deliveries'>, id: string, { counts, progress }: Progress
): Promise<Failure[]> {
  const failures = new Map<string, Failure>()
  for (const state of withReason.filter((state) => counts[state] > 0)) {
    for await (const page of deliveries(id, { state })) {
      for (const { provider, reason } of page) {
        const key = JSON.stringify([provider, state, reason])
        const failure = failures.get(key) ?? { provider, state, reason, count: 0 }
        failure.count++
        failures.set(key, failure)
      }
    }
  }
  const others = progress.flatMap(({ provider, counts }) => withoutReason.flatMap((state) =>
    counts[state] === 0 ? [] : [{ provider, state, reason: null, count: counts[state] }]))
  return [...failures.values(), ...others].sort((one, other) => other.count - one.count)
}

export function failureTable (failures: Failure[]): string[] {
  if (failures.length === 0) return []
  return table([
    ['PROVIDER', 'STATE', 'DELIVERIES', 'REASON'],
    ...failures.map(({ provider, state, reason, count }) => [provider, state, number(count), printable(reason ?? '')])
  ], [2])
}
