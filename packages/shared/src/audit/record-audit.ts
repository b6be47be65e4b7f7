import { auditEntries } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import { toAuditRow } from './audit-entry.ts'
import type { AuditEntry } from './audit-entry.ts'

/**
 * Records entries in one statement. Call it in the transaction of the act, so that neither is stored without the other. The id
 * of the request and the address of the caller are those of the request that the API is handling.
 */
export async function recordAudit ({ db }: Pick<Database, 'db'>, ...entries: AuditEntry[]): Promise<void> {
  if (entries.length > 0) await db.insert(auditEntries).values(entries.map(toAuditRow))
}
