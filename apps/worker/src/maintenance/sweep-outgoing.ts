import type { Database } from '@carillon/shared/db'
import { sweepBudgets } from '@carillon/shared/throttling'

/** Deletes the budgets of outgoing requests that are full again. */
export async function sweepOutgoing ({ database }: { database: Database }): Promise<void> {
  await sweepBudgets(database)
}
