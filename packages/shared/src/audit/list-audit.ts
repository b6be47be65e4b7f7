import { publicId } from '../db/index.ts'
import type { actorKinds, Database } from '../db/index.ts'
import type { AuditAction } from './actions.ts'

/** An entry as the API shows it. Ids have their prefixes, and those of users and teams are the site's. */
export interface ListedEntry {
  id: string
  action: AuditAction
  createdAt: string
  actor: {
    kind: typeof actorKinds[number]
    id: string | null
    /** Of the API key, or of the operator. */
    name: string | null
  }
  target: { kind: string, id: string }
  /** Null when there is none, or when it was deleted. */
  userId: string | null
  teamId: string | null
  requestId: string | null
  ipAddress: string | null
  details: Record<string, unknown>
}

export interface AuditFilter {
  /** A key or a user by its id without prefix, or all operators. */
  actor?: { kind: 'apiKey' | 'user', id: string } | { kind: 'operator' | 'system' } | undefined
  action?: AuditAction | undefined
  /** With its prefix. */
  targetId?: string | undefined
  /** The site's id. */
  userId?: string | undefined
  /** Not earlier than this, and earlier than `until`. */
  since?: Date | undefined
  until?: Date | undefined
}

interface Page {
  limit: number
  /** The id of an entry without prefix: only older ones. */
  before?: string | undefined
}

/** Lists entries, newest first. */
export async function listAudit (
  { sql }: Pick<Database, 'sql'>, { actor, action, targetId, userId, since, until }: AuditFilter, { limit, before }: Page
): Promise<ListedEntry[]> {
  const byActor = actor === undefined
    ? sql``
    : sql`and actor_kind = ${actor.kind} and ${'id' in actor ? sql`actor_id = ${actor.id}` : sql`actor_id is null`}`
  const rows = await sql<EntryRow[]>`
    select entry.id, action, entry.created_at as "createdAt", actor_kind as "actorKind", actor_id as "actorId",
      case actor_kind when 'apiKey' then (select name from api_keys where id = actor_id) else operator end as "actorName",
      target_kind as "targetKind", target_id as "targetId", users.external_id as "userId", teams.external_id as "teamId",
      request_id as "requestId", ip_address as "ipAddress", details
    from (
      select * from audit_entries
      where true ${byActor}
        ${action === undefined ? sql`` : sql`and action = ${action}`}
        ${targetId === undefined ? sql`` : sql`and target_id = ${targetId}`}
        ${userId === undefined ? sql`` : sql`and user_id = (select id from users where external_id = ${userId})`}
        ${since === undefined ? sql`` : sql`and id >= uuid_since(${since.toISOString()}::timestamptz)`}
        ${until === undefined ? sql`` : sql`and id < uuid_since(${until.toISOString()}::timestamptz)`}
        ${before === undefined ? sql`` : sql`and id < ${before}`}
      order by id desc limit ${limit}
    ) as entry
    left join users on users.id = user_id and users.deleted_at is null left join teams on teams.id = team_id
    order by entry.id desc`
  return rows.map(toListedEntry)
}

interface EntryRow extends Omit<ListedEntry, 'actor' | 'target'> {
  actorKind: ListedEntry['actor']['kind']
  actorId: string | null
  actorName: string | null
  targetKind: string
  targetId: string
}

function toListedEntry (row: EntryRow): ListedEntry {
  const { id, action, createdAt, actorKind, actorId, actorName, targetKind, targetId, ...rest } = row
  const kind = actorKind === 'apiKey' ? 'apiKey' as const : 'user' as const
  return {
    id: publicId('auditEntry', id),
    action,
    createdAt: new Date(createdAt).toISOString(),
    actor: { kind: actorKind, id: actorId === null ? null : publicId(kind, actorId), name: actorName },
    target: { kind: targetKind, id: targetId },
    ...rest
  }
}
