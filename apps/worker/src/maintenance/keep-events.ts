import type { Database } from '@carillon/shared/db'
import { assignPositions, sweepEvents } from '@carillon/shared/events'

export interface EventServices {
  database: Database
  eventRetentionDays: number
}

/** Assigns positions to events that no reader has asked for, so that a later reader finds few, and deletes old events. */
export async function keepEvents ({ database, eventRetentionDays }: EventServices): Promise<void> {
  await assignPositions(database)
  await sweepEvents(database, eventRetentionDays)
}
