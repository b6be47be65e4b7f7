import type { Database } from './database.ts'

const syncEveryMs = 60_000
const retrySyncMs = 1_000
/** The time in a slower response is too inaccurate. */
const maxRoundTripMs = 2_000

export interface Clock {
  /** Milliseconds since the epoch by the database's clock. Changes of this machine's clock do not affect it. */
  now: () => number
  close: () => void
}

/**
 * A clock that agrees with `now()` in SQL, for processes that share rows. Between two readings of the database's clock it
 * counts with the monotonic clock, so changes of the machine's clock have no effect. Until the database first responds, it
 * starts from the machine's clock at the start of the process.
 */
export function openClock ({ sql }: Pick<Database, 'sql'>, { everyMs = syncEveryMs } = {}): Clock {
  let offsetMs = performance.timeOrigin
  let isClosed = false
  let timer: NodeJS.Timeout | undefined

  async function sync (): Promise<void> {
    const isRead = await read().catch(() => false)
    if (!isClosed) timer = setTimeout(sync, isRead ? everyMs : Math.min(retrySyncMs, everyMs)).unref()
  }

  async function read (): Promise<boolean> {
    const sentAt = performance.now()
    const [row] = await sql<Array<{ now: number }>>`select extract(epoch from clock_timestamp())::float8 * 1000 as now`
    const receivedAt = performance.now()
    if (row === undefined || receivedAt - sentAt > maxRoundTripMs) return false
    const measuredMs = row.now - (sentAt + receivedAt) / 2
    // Ignore a difference that the round trip explains.
    if (Math.abs(measuredMs - offsetMs) > (receivedAt - sentAt) / 2) offsetMs = measuredMs
    return true
  }

  sync()
  return {
    now: () => Math.round(offsetMs + performance.now()),
    close: () => {
      isClosed = true
      clearTimeout(timer)
    }
  }
}
