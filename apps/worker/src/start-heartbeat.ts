import { hostname } from 'node:os'
import { productVersion } from '@carillon/http'
import { newId } from '@carillon/shared/db'
import type { Database } from '@carillon/shared/db'
import { logRepeats } from '@carillon/shared/log'
import type { Log } from '@carillon/shared/log'
import { recordHeartbeat, removeWorker } from '@carillon/shared/workers'
import type { HostLimit } from '@carillon/shared/workers'

export interface HeartbeatOptions {
  database: Pick<Database, 'sql'>
  log: Log
  providers: string[]
  countRunningJobs: () => number
  listLimits: () => HostLimit[]
}

const heartbeatMs = 5_000
/** The time in a slower response says nothing about the clock. */
const maxRoundTripMs = 1_000

/** Tells the API every few seconds that this worker is alive. `close` tells it that the worker stopped. */
export function startHeartbeat (
  { database, log, providers, countRunningJobs, listLimits }: HeartbeatOptions
): { close: () => Promise<void> } {
  const id = newId()
  const onError = logRepeats(log, 'warn', 'the API does not hear from this worker')
  let clockAheadMs: number | null = null
  let isClosed = false
  let timer: NodeJS.Timeout | undefined
  let latest = sendHeartbeat()

  async function sendHeartbeat (): Promise<void> {
    try {
      const sentAt = Date.now()
      const now = await recordHeartbeat(database, {
        id,
        version: productVersion,
        host: hostname(),
        pid: process.pid,
        providers,
        runningJobs: countRunningJobs(),
        clockAheadMs,
        hostLimits: listLimits()
      })
      const receivedAt = Date.now()
      const isPrecise = now !== undefined && receivedAt - sentAt <= maxRoundTripMs
      if (isPrecise) clockAheadMs = Math.round((sentAt + receivedAt) / 2 - now)
    } catch (error) {
      onError(error)
    }
    if (!isClosed) timer = setTimeout(() => { latest = sendHeartbeat() }, heartbeatMs).unref()
  }

  return {
    close: async () => {
      isClosed = true
      clearTimeout(timer)
      // A heartbeat that is under way would insert the row again.
      await latest
      await removeWorker(database, id).catch(onError)
    }
  }
}
