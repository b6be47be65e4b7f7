import { retryWithLongTimeout } from '@carillon/shared/db'
import type { Database } from '@carillon/shared/db'
import type { Log } from '@carillon/shared/log'
import { continueDeletions, forgetDeleted } from '@carillon/shared/user-data'

export interface DeletionServices {
  database: Database
  log: Log
  retentionDays: number
}

/** Erases the data of users whom the site has deleted, and forgets them when none of their deliveries is left. */
export async function deleteUsers ({ database, log, retentionDays }: DeletionServices): Promise<void> {
  await retryWithLongTimeout(database, (own) => continueDeletions({ database: own, log }))
  await retryWithLongTimeout(database, (own) => forgetDeleted(own, retentionDays))
}
