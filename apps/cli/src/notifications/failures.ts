import { printable } from '../printable.ts'
import { number } from './in-words.ts'
import type { DeliveryState, Progress } from './notification.ts'
import type { NotificationsApi } from './notifications-api.ts'
import { table } from './table.ts'

/** How many deliveries did not arrive for the same reason. */
export interface Failure {
  provider: string
  state: DeliveryState
  /** Null where the state says it all. */
  reason: string | null
  count: number
}

const withReason: DeliveryState[] = ['failed', 'unknown', 'skipped', 'parked']
const withoutReason: DeliveryState[] = ['expired', 'canceled']

/** Most frequent first. Reads each delivery that has a reason of its own, and keeps none. */
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
