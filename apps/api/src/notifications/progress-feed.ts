import { findStanding } from '@carillon/shared/notifications'
import type { Standing } from '@carillon/shared/notifications'
import type { Services } from '../services.ts'

const everyMs = 1_000

export interface ProgressFeed {
  /** How far the notification has got, now or a moment ago; undefined when there is none. */
  read: (id: string) => Promise<Standing | undefined>
  /** Calls back with it every second, until the function that is answered is called. */
  watch: (id: string, onStanding: (standing: Standing) => void) => () => void
}

interface Watched {
  watchers: Set<(standing: Standing) => void>
  timer: NodeJS.Timeout
  latest?: Standing
}

/** Reads a notification once a second, however many watch it. Nobody who does not watch costs anything. */
export function createProgressFeed ({ database, log }: Pick<Services, 'database' | 'log'>): ProgressFeed {
  const watched = new Map<string, Watched>()
  const reading = new Map<string, Promise<Standing | undefined>>()

  function read (id: string): Promise<Standing | undefined> {
    const found = reading.get(id) ?? findStanding(database, id).finally(() => reading.delete(id))
    reading.set(id, found)
    return found
  }

  async function tell (id: string): Promise<void> {
    // One that takes longer than a second is not asked again meanwhile.
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
        timer: setInterval(() => { tell(id).catch((error: unknown) => log.warn({ err: error }, 'cannot tell of progress now')) }, everyMs)
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
