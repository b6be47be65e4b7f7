import { deliveryStates, total } from '../../src/notifications/api/notification.ts'
import type { Counts, Progress } from '../../src/notifications/api/notification.ts'

/** The progress of one provider. */
export function progressOf (status: Progress['status'], some: Partial<Counts>, rate = { perSecond: 0, secondsLeft: null as number | null }): Progress {
  const counts = Object.fromEntries(deliveryStates.map((state) => [state, some[state] ?? 0])) as Counts
  return { status, deliveries: total(counts), counts, progress: [{ provider: 'pushbullet', counts, ...rate }] }
}
