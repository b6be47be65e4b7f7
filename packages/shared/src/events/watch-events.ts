import type { Database } from '../db/index.ts'
import { logRepeats } from '../log/index.ts'
import type { Log } from '../log/index.ts'

export interface EventWatch<Result> {
  /**
   * Calls back with the result of a check soon after events were recorded, and from time to time without any, until the returned
   * function is called.
   */
  subscribe: (onCheck: (result: Result) => void) => () => void
  close: () => void
}

/** What `notify_events` in the migrations sends to. */
const channel = 'carillon_events'
/** Behind PgBouncer, whose connections are shared, there are no notifications. */
const pollMs = 1_000
/** Notifications sent while the connection was lost are lost too. */
const checkMs = 5_000

/**
 * Runs `check` whenever events were recorded, while there are subscribers. They read the events themselves, each from its own
 * position.
 */
export function watchEvents<Result> (
  { database: { sql, canListen }, log }: { database: Pick<Database, 'sql' | 'canListen'>, log: Log }, check: () => Promise<Result>
): EventWatch<Result> {
  const subscribers = new Set<(result: Result) => void>()
  const onListenError = logRepeats(log, 'warn', 'could not listen for events; they are polled')
  const onCheckError = logRepeats(log, 'warn', 'could not check for new events')
  let timer: NodeJS.Timeout | undefined
  let isListening = false
  let isChecking = false
  let isCheckDue = false

  function requestCheck (): void {
    isCheckDue = true
    if (!isChecking) runChecks().catch(onCheckError)
  }

  /** One check for all subscribers, and for all events of the time that the check before took. */
  async function runChecks (): Promise<void> {
    isChecking = true
    try {
      while (isCheckDue && subscribers.size > 0) {
        isCheckDue = false
        const result = await check()
        for (const onCheck of subscribers) onCheck(result)
      }
    } finally {
      isChecking = false
    }
  }

  /** Once: postgres.js listens again after a failure, with listeners of its own that `unlisten` would not find. */
  function listen (): void {
    if (isListening || !canListen) return
    isListening = true
    sql.listen(channel, requestCheck, requestCheck).catch(onListenError)
  }

  function stop (): void {
    clearInterval(timer)
    timer = undefined
  }

  return {
    subscribe: (onCheck) => {
      subscribers.add(onCheck)
      timer ??= setInterval(requestCheck, canListen ? checkMs : pollMs)
      listen()
      return () => {
        subscribers.delete(onCheck)
        if (subscribers.size === 0) stop()
      }
    },
    close: () => {
      subscribers.clear()
      stop()
    }
  }
}
