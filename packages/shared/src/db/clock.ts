import type { Database } from './database.ts'

const syncEveryMs = 60_000
const retrySyncMs = 1_000
/** A response that took longer says too little about the moment in which it was written. */
const maxRoundTripMs = 2_000

export interface Clock {
  /** Milliseconds since the epoch by the database's clock. It never jumps when the clock of this machine is set. */
  now: () => number
  close: () => void
}

/**
 * The moments of a process that shares rows with others: `now()` in SQL and here mean the same. Between two readings of the
 * database's clock the process's monotonic clock counts, so that a machine whose clock is set does not wait an hour for a minute.
 * Until the database answers for the first time, the clock of the machine at the start of the process counts.
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
    // A difference that the round trip explains is no difference.
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
