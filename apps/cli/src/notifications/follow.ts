import { setTimeout } from 'node:timers/promises'
import { ApiError } from '../api-error.ts'
import { isSettled } from './notification.ts'
import type { Progress } from './notification.ts'
import type { NotificationsApi } from './notifications-api.ts'

export interface Following {
  /** Its reason is thrown when it aborts. */
  signal: AbortSignal
  /** Called when the connection to the API is lost, and when it is back. */
  onConnection: (isThere: boolean) => void
  /** How long the API may be unavailable. */
  patienceMs?: number
  retryMs?: number
}

/** The notification's progress until no delivery changes any more. After a lost connection it continues with the next event. */
export async function * follow (
  { events }: Pick<NotificationsApi, 'events'>, id: string,
  { signal, onConnection, patienceMs = 120_000, retryMs = 1_000 }: Following
): AsyncGenerator<Progress> {
  let lastEventId: string | undefined
  let lostAt: number | undefined
  while (true) {
    try {
      for await (const event of events(id, { lastEventId, signal })) {
        if (lostAt !== undefined) onConnection(true)
        lostAt = undefined
        lastEventId = event.id ?? lastEventId
        if (event.event === 'over') return
        if (event.event !== 'progress') continue
        const progress: Progress = JSON.parse(event.data)
        yield progress
        if (isSettled(progress)) return
      }
    } catch (error) {
      signal.throwIfAborted()
      if (!isPassing(error) || Date.now() - (lostAt ?? Date.now()) > patienceMs) throw error
    }
    if (lostAt === undefined) onConnection(false)
    lostAt ??= Date.now()
    await setTimeout(retryMs, undefined, { signal }).catch(() => signal.throwIfAborted())
  }
}

function isPassing (error: unknown): boolean {
  return !(error instanceof ApiError) || error.status >= 500 || error.status === 429
}
