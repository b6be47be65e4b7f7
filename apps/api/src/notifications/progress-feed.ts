import { runWithRequestId } from '@carillon/shared/log'
import { findNotificationProgress } from '@carillon/shared/notifications'
import type { NotificationProgress } from '@carillon/shared/notifications'
import type { Services } from '../services.ts'

const everyMs = 1_000

export interface ProgressFeed {
  /** The progress of the notification, at most one second old; undefined when there is no such notification. */
  read: (id: string) => Promise<NotificationProgress | undefined>
  /** Calls back with the progress every second, until the returned function is called. */
  watch: (id: string, onProgress: (progress: NotificationProgress) => void) => () => void
}

interface Watched {
  watchers: Set<(progress: NotificationProgress) => void>
  timer: NodeJS.Timeout
  latest?: NotificationProgress
}

/** Reads each watched notification once a second, however many clients watch it. */
export function createProgressFeed ({ database, log }: Pick<Services, 'database' | 'log'>): ProgressFeed {
  const watched = new Map<string, Watched>()
  const reading = new Map<string, Promise<NotificationProgress | undefined>>()

  function read (id: string): Promise<NotificationProgress | undefined> {
    const found = reading.get(id) ?? findNotificationProgress(database, id).finally(() => reading.delete(id))
    reading.set(id, found)
    return found
  }

  async function notifyWatchers (id: string): Promise<void> {
    // A read that takes longer than a second is still running.
    if (reading.has(id)) return
    const progress = await read(id)
    const feed = watched.get(id)
    if (feed === undefined || progress === undefined) return
    feed.latest = progress
    for (const onProgress of feed.watchers) onProgress(progress)
  }

  return {
    read: async (id) => watched.get(id)?.latest ?? await read(id),
    watch: (id, onProgress) => {
      const feed = watched.get(id) ?? {
        watchers: new Set(),
        // All watchers share it, so it belongs to no request.
        timer: runWithRequestId(null, () =>
          setInterval(() => { notifyWatchers(id).catch((error: unknown) => log.warn({ err: error }, 'could not read the progress')) }, everyMs))
      }
      watched.set(id, feed)
      feed.watchers.add(onProgress)
      return () => {
        feed.watchers.delete(onProgress)
        if (feed.watchers.size > 0) return
        clearInterval(feed.timer)
        if (watched.get(id) === feed) watched.delete(id)
      }
    }
  }
}
