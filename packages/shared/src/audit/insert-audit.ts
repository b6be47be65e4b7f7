import type { PendingQuery, Row } from 'postgres'
import type { Database } from '../db/index.ts'
import type { AuditRow } from './audit-entry.ts'

/**
 * The part of a larger statement that records entries, for statements that many requests share. Records those whose targets
 * `stored` returns, by their ids with prefixes.
 */
export function insertAudit (sql: Database['sql'], rows: AuditRow[], stored: PendingQuery<Row[]>): PendingQuery<Row[]> {
  return sql`
    insert into audit_entries (
      action, actor_kind, actor_id, operator, target_kind, target_id, user_id, team_id, request_id, ip_address, details)
    select action, "actorKind", "actorId", operator, "targetKind", "targetId", "userId", "teamId", "requestId", "ipAddress", details
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as entry (
      action text, "actorKind" text, "actorId" uuid, operator text, "targetKind" text, "targetId" text, "userId" uuid, "teamId" uuid,
      "requestId" text, "ipAddress" text, details jsonb)
    where "targetId" in (${stored})`
}
