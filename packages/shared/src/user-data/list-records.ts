import type { actorKinds, Database } from '../db/index.ts'

type Sql = Pick<Database, 'sql'>

interface Page {
  limit: number
  after?: string | undefined
}

/** A handshake of a user, without its secrets. */
export interface HandshakeRecord {
  id: string
  provider: string
  kind: string
  status: string
  account: string | null
  error: string | null
  returnTo: string | null
  connectionId: string | null
  /** The site's id. */
  teamId: string | null
  createdAt: Date
  expiresAt: Date
}

interface TeamOfUser {
  /** The site's id. */
  teamId: string
  name: string
  isOwner: boolean
}

/** The teams that the user is in. */
export async function listUserTeams ({ sql }: Sql, userId: string): Promise<TeamOfUser[]> {
  return [...await sql<TeamOfUser[]>`
    select external_id as "teamId", name, owner_id = user_id as "isOwner"
    from team_members join teams on teams.id = team_id where user_id = ${userId} order by external_id`]
}

export interface ConnectionRef {
  id: string
  /** False for a connection of a team. */
  isOwn: boolean
}

/** The connections that the user owns or has made for a team. */
export async function listUserConnectionIds ({ sql }: Sql, userId: string, { limit, after }: Page): Promise<ConnectionRef[]> {
  return [...await sql<ConnectionRef[]>`
    select id, team_id is null as "isOwn" from connections
    where (user_id = ${userId} or connected_by = ${userId}) ${after === undefined ? sql`` : sql`and id > ${after}`} order by id limit ${limit}`]
}

export async function listUserHandshakes ({ sql }: Sql, userId: string, { limit, after }: Page): Promise<HandshakeRecord[]> {
  const rows = await sql<Array<Omit<HandshakeRecord, 'createdAt' | 'expiresAt'> & { createdAt: string, expiresAt: string }>>`
    select id, provider, kind, status, account, error, return_to as "returnTo", connection_id as "connectionId",
      (select external_id from teams where teams.id = team_id) as "teamId", created_at as "createdAt", expires_at as "expiresAt"
    from handshakes where user_id = ${userId} ${after === undefined ? sql`` : sql`and id > ${after}`} order by id limit ${limit}`
  return rows.map((row) => ({ ...row, createdAt: new Date(row.createdAt), expiresAt: new Date(row.expiresAt) }))
}

/** An entry of the audit trail about a user, or of what the user did. */
export interface AuditRecord {
  id: string
  action: string
  actorKind: typeof actorKinds[number]
  targetKind: string
  targetId: string
  /** The user's own address. Null for the acts of others. */
  ipAddress: string | null
  details: Record<string, unknown>
  createdAt: Date
}

export async function listUserAudit ({ sql }: Sql, userId: string, { limit, after }: Page): Promise<AuditRecord[]> {
  const rows = await sql<Array<Omit<AuditRecord, 'createdAt'> & { createdAt: string }>>`
    select id, action, actor_kind as "actorKind", target_kind as "targetKind", target_id as "targetId",
      case when actor_kind = 'user' and actor_id = ${userId} then ip_address end as "ipAddress", details, created_at as "createdAt"
    from audit_entries
    where (user_id = ${userId} or actor_kind = 'user' and actor_id = ${userId}) ${after === undefined ? sql`` : sql`and id > ${after}`}
    order by id limit ${limit}`
  return rows.map((row) => ({ ...row, createdAt: new Date(row.createdAt) }))
}
