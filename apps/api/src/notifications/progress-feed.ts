import { findStanding } from '@carillon/shared/notifications'
import type { Standing } from '@carillon/shared/notifications'
import type { Services } from '../services.ts'

const everyMs = 1_000

export interface ProgressFeed {
  /** The progress of the notification, at most one second old; undefined when there is no such notification. */
  read: (id: string) => Promise<Standing | undefined>
  /** Calls back with the progress every second, until the returned function is called. */
  watch: (id: string, onStanding: (standing: Standing) => void) => () => void
}

interface Watched {
  watchers: Set<(standing: Standing) => void>
  timer: NodeJS.Timeout
  latest?: Standing
}

/** Reads each watched notification once a second, however many clients watch it. */
export function createProgressFeed ({ database, log }: Pick<Services, 'database' | 'log'>): ProgressFeed {
  const watched = new Map<string, Watched>()
  const reading = new Map<string, Promise<Standing | undefined>>()

  function read (id: string): Promise<Standing | undefined> {
    const found = reading.get(id) ?? findStanding(database, id).finally(() => reading.delete(id))
    reading.set(id, found)
    return found
  }

  async function tell (id: string): Promise<void> {
    // A read that takes longer than a second is still running.
    if (reading.has(id)) return
    const standing = await read(id)
    const feed = watched.get(id)
    if (feed === undefined || standing === undefined) return
    feed.latest = standing
    for (const onStanding of feed.watchers) onStanding(standing)
  }

  return {
    read: async (id) => watched.get(id)?.latest ?? await read(id),
    watch: (id, onStanding) => {
      const feed = watched.get(id) ?? {
        watchers: new Set(),
        timer: setInterval(() => { tell(id).catch((error: unknown) => log.warn({ err: error }, 'could not read the progress')) }, everyMs)
      }
      watched.set(id, feed)
      feed.watchers.add(onStanding)
      return () => {
        feed.watchers.delete(onStanding)
        if (feed.watchers.size > 0) return
        clearInterval(feed.timer)
        if (watched.get(id) === feed) watched.delete(id)
      }
    }
  }
}
