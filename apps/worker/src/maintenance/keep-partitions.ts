import { retryWithLongTimeout } from '@carillon/shared/db'
import type { Database } from '@carillon/shared/db'
import type { Log } from '@carillon/shared/log'
import { dropPartitions, ensurePartitions } from '@carillon/shared/deliveries'

export interface PartitionServices {
  database: Database
  log: Log
  /** Milliseconds since the epoch. */
  now: () => number
  retentionDays: number
}

const dayMs = 24 * 60 * 60 * 1000

/** Creates the partitions of the coming weeks, and drops those that are older than the retention time. */
export async function keepPartitions ({ database, log, now, retentionDays }: PartitionServices): Promise<void> {
  const made = await ensurePartitions(database, now())
  // A partition can only be dropped when no statement reads it, which may take minutes.
  const dropped = await retryWithLongTimeout(database, (own) => dropPartitions(own, now() - retentionDays * dayMs))
  if (made > 0 || dropped.length > 0) log.info({ made, dropped }, 'partitions')
}
