import { and, eq, notInArray } from 'drizzle-orm'
import { eventRequests, optInEventTypes } from '../db/index.ts'
import type { Database } from '../db/index.ts'

/** The maximum of events that one statement deletes. The next run continues. */
const perRun = 10_000

/** Deletes events that are older than the retention time, and returns their number. */
export async function sweepEvents ({ sql }: Pick<Database, 'sql'>, retentionDays: number): Promise<number> {
  const { count } = await sql`
    delete from events where id in (
      select id from events where id < uuid_since(now() - ${retentionDays} * interval '1 day') order by id limit ${perRun}
      for update skip locked)`
  return count
}

/**
 * Records events of these types from now on, until the same `source` requests others. A type that stays requested has no gap.
 * Types that are always recorded need no request.
 */
export async function requestEvents ({ db }: Pick<Database, 'db'>, source: string, requested: readonly string[]): Promise<void> {
  const types = optInEventTypes.filter((type) => requested.includes(type))
  await db.delete(eventRequests).where(and(eq(eventRequests.source, source), notInArray(eventRequests.type, types)))
  if (types.length > 0) await db.insert(eventRequests).values(types.map((type) => ({ source, type }))).onConflictDoNothing()
}
