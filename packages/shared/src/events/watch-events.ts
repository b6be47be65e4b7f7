import type { Database } from '../db/index.ts'
import { logRepeats } from '../log/index.ts'
import type { Log } from '../log/index.ts'
import { assignPositions } from './read-events.ts'

export interface EventWatch {
  /**
   * Calls back with the last position soon after events were recorded, and from time to time without any, until the returned
   * function is called.
   */
  subscribe: (onEvents: (head: number) => void) => () => void
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
  const subscribers = new Set<(head: number) => void>()
  const onListenError = logRepeats(log, 'warn', 'could not listen for events; they are polled')
  const onReadError = logRepeats(log, 'warn', 'could not read the last position of events')
  let timer: NodeJS.Timeout | undefined
  let isListening = false
  let isTelling = false
  let hasNews = false

  function tell (): void {
    hasNews = true
    if (!isTelling) tellAll().catch(onReadError)
  }

  /** One statement for all subscribers, and for all events of the time that the statement before took. */
  async function tellAll (): Promise<void> {
    isTelling = true
    try {
      while (hasNews && subscribers.size > 0) {
        hasNews = false
        const head = await assignPositions({ sql })
        for (const onEvents of subscribers) onEvents(head)
      }
    } finally {
      isTelling = false
    }
  }

  /** Once: postgres.js listens again after a failure, with listeners of its own that `unlisten` would not find. */
  function listen (): void {
    if (isListening || !canListen) return
    isListening = true
    sql.listen(channel, tell, tell).catch(onListenError)
  }

  function stop (): void {
    clearInterval(timer)
    timer = undefined
  }

  return {
    subscribe: (onEvents) => {
      subscribers.add(onEvents)
      timer ??= setInterval(tell, canListen ? checkMs : pollMs)
      listen()
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
