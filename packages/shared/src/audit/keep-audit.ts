import { and, eq, isNotNull } from 'drizzle-orm'
import { auditEntries } from '../db/index.ts'
import type { Database } from '../db/index.ts'

/** The maximum of entries that one statement deletes. The next run continues. */
const perRun = 10_000

/** Deletes entries that are older than the retention time, and returns their number. */
export async function sweepAudit ({ sql }: Pick<Database, 'sql'>, retentionDays: number): Promise<number> {
  const { count } = await sql`
    delete from audit_entries where id in (
      select id from audit_entries where id < uuid_since(now() - ${retentionDays} * interval '1 day') order by id limit ${perRun}
      for update skip locked)`
  return count
}

/**
 * Removes the addresses from which a user acted. What is left of the user in the audit trail is Carillon's id, which refers to
 * nothing after the user's row is deleted.
 */
export async function eraseAuditAddresses ({ db }: Pick<Database, 'db'>, userId: string): Promise<void> {
  await db.update(auditEntries).set({ ipAddress: null })
    .where(and(eq(auditEntries.actorKind, 'user'), eq(auditEntries.actorId, userId), isNotNull(auditEntries.ipAddress)))
}
