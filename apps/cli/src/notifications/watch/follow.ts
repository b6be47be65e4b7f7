import { setTimeout } from 'node:timers/promises'
import { ApiError } from '../../api-error.ts'
import { isSettled } from '../api/notification.ts'
import type { Progress } from '../api/notification.ts'
import type { NotificationsApi } from '../api/notifications-api.ts'

export interface FollowOptions {
  /** When it aborts, the generator throws its reason. */
  signal: AbortSignal
  /** Called when the connection to the API is lost, and when it is back. */
  onConnection: (isConnected: boolean) => void
  /** How long the API may be unavailable. */
  maxOutageMs?: number
  retryMs?: number
}

/** The notification's progress until no delivery changes any more. After a lost connection it continues with the next event. */
export async function * follow (
  { events }: Pick<NotificationsApi, 'events'>, id: string,
  { signal, onConnection, maxOutageMs = 120_000, retryMs = 1_000 }: FollowOptions
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
      if (!isTransient(error) || Date.now() - (lostAt ?? Date.now()) > maxOutageMs) throw error
    }
    if (lostAt === undefined) onConnection(false)
    lostAt ??= Date.now()
    await setTimeout(retryMs, undefined, { signal }).catch(() => signal.throwIfAborted())
  }
}

function isTransient (error: unknown): boolean {
  return !(error instanceof ApiError) || error.status >= 500 || error.status === 429
}
