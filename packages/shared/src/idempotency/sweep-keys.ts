import { eq } from 'drizzle-orm'
import { idempotencyKeys } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import { retentionHours } from './claim-keys.ts'

const perRun = 10_000

/** Deletes keys whose responses are no longer repeated, and returns their number. */
export async function sweepKeys ({ sql }: Database): Promise<number> {
  const { count } = await sql`
    delete from idempotency_keys where (caller_id, key_hash) in (
      select caller_id, key_hash from idempotency_keys where created_at < now() - ${retentionHours} * interval '1 hour'
      order by created_at limit ${perRun} for update skip locked)`
  return count
}

/** Deletes the keys of a caller, with the stored responses. */
export async function forgetCaller ({ db }: Pick<Database, 'db'>, callerId: string): Promise<void> {
  await db.delete(idempotencyKeys).where(eq(idempotencyKeys.callerId, callerId))
}
