import type { Database } from '../db/index.ts'
import { logRepeats } from '../log/index.ts'
import type { Log } from '../log/index.ts'

export interface EventWatch {
  /** Calls back soon after events were recorded, and from time to time without any, until the returned function is called. */
  subscribe: (onEvents: () => void) => () => void
  close: () => void
}

/** What `notify_events` in the migrations sends to. */
const channel = 'carillon_events'
/** Behind PgBouncer, whose connections are shared, there are no notifications. */
const pollMs = 1_000
/** Notifications sent while the connection was lost are lost too. */
const checkMs = 5_000

/** Tells of new events while there are subscribers. They read the events themselves, each from its own position. */
export function watchEvents (
  { database: { sql, canListen }, log }: { database: Pick<Database, 'sql' | 'canListen'>, log: Log }
): EventWatch {
  const subscribers = new Set<() => void>()
  const onError = logRepeats(log, 'warn', 'could not listen for events; they are polled')
  let timer: NodeJS.Timeout | undefined
  let stopListening: (() => Promise<void>) | undefined

  function tell (): void {
    for (const onEvents of subscribers) onEvents()
  }

  /** Without effect while the connection works, because postgres.js then listens only once. */
  async function listen (): Promise<void> {
    const { unlisten } = await sql.listen(channel, tell, tell)
    await stopListening?.()
    stopListening = unlisten
  }

  function check (): void {
    tell()
    if (canListen) listen().catch(onError)
  }

  function stop (): void {
    clearInterval(timer)
    timer = undefined
    stopListening?.().catch(onError)
    stopListening = undefined
  }

  return {
    subscribe: (onEvents) => {
      subscribers.add(onEvents)
      if (timer === undefined) {
        timer = setInterval(check, canListen ? checkMs : pollMs)
        if (canListen) listen().catch(onError)
      }
      return () => {
        subscribers.delete(onEvents)
        if (subscribers.size === 0) stop()
      }
    },
    close: () => {
      subscribers.clear()
      stop()
    }
  }
}
