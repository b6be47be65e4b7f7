import type { Database } from '@carillon/shared/db'

/** How many sessions of this database wait for a lock. Other tests use the same server. */
export async function countLockWaits ({ sql }: Pick<Database, 'sql'>): Promise<number> {
  const [{ waits }] = await sql<[{ waits: number }]>`
    select count(*)::int as waits from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
  return waits
}
