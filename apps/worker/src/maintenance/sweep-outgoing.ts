import type { Database } from '@carillon/shared/db'
import { sweepBudgets, sweepPaces } from '@carillon/shared/throttling'

/** Deletes the budgets of outgoing requests that are full again, and limits of hosts that are forgotten. */
export async function sweepOutgoing ({ database }: { database: Database }): Promise<void> {
  await sweepBudgets(database)
  await sweepPaces(database)
}
