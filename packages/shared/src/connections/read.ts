import { aliasedTable, and, asc, eq, gt, inArray, ne, or } from 'drizzle-orm'
import { connections, grants, teamMembers, teams, users } from '../db/index.ts'
import type { Database } from '../db/index.ts'

type ConnectionStatus = 'active' | 'needsReauth' | 'revoked'

/** A connection without its credentials. */
export interface Connection {
  id: string
  /** The user or the team that owns the connection, by Carillon's ids. One of them is null. */
  owner: { userId: string | null, teamId: string | null }
  userId: string | null
  teamId: string | null
  /** For a team: the user who last connected it, while the user exists. */
  connectedBy: { userId: string, name: string } | null
  provider: string
  status: ConnectionStatus
  statusReason: string | null
  account: { id: string, name: string }
  /** The user's own name for the connection. */
  label: string | null
  /** Why it receives no notifications. Null when it receives them. */
  muted: 'muted' | 'unsubscribed' | null
  grantId: string
  credentialsVersion: number
  expiresAt: Date | null
  /** Permissions that the user did not allow. */
  missingPermissions: string[]
  limitedUntil: Date | null
  createdAt: Date
  updatedAt: Date
}

export interface ConnectionFilter {
  /** The site's id of the user who owns the connection. */
  userId?: string | undefined
  /** The site's id of the team that owns the connection. */
  teamId?: string | undefined
  /** Carillon's id of a user: only connections of the user and of the user's teams. */
  visibleTo?: string | undefined
  provider?: string | undefined
  /** `open`: those that are not revoked. */
  status?: ConnectionStatus | 'open' | undefined
}

const connectors = aliasedTable(users, 'connectors')
const columns = {
  id: connections.id,
  owner: { userId: connections.userId, teamId: connections.teamId },
  userId: users.externalId,
  teamId: teams.externalId,
  connectorId: connectors.externalId,
  connectorName: connectors.displayName,
  provider: connections.provider,
  status: connections.status,
  statusReason: connections.statusReason,
  account: { id: connections.accountId, name: connections.accountName },
  label: connections.label,
  muted: connections.muted,
  grantId: connections.grantId,
  credentialsVersion: grants.version,
  expiresAt: grants.expiresAt,
  missingPermissions: connections.missingPermissions,
  limitedUntil: connections.limitedUntil,
  createdAt: connections.createdAt,
  updatedAt: connections.updatedAt
}

export async function findConnection ({ db }: Database, id: string): Promise<Connection | undefined> {
  const [row] = await selectConnections(db).where(eq(connections.id, id))
  return row === undefined ? undefined : toConnection(row)
}

/** A connection with its sealed credentials, and its target if it shares them. */
export type SealedConnection = Connection & { credentials: string, target: string | null }

/** Undefined when the connection does not exist or is closed. */
export async function findSealed ({ db }: Database, id: string): Promise<SealedConnection | undefined> {
  const [row] = await db.select({ ...columns, credentials: grants.credentials, target: connections.target }).from(connections)
    .innerJoin(grants, eq(grants.id, connections.grantId))
    .leftJoin(users, eq(users.id, connections.userId)).leftJoin(teams, eq(teams.id, connections.teamId))
    .leftJoin(connectors, eq(connectors.id, connections.connectedBy)).where(eq(connections.id, id))
  if (row === undefined || row.credentials === null || row.status === 'revoked') return undefined
  const { credentials, target, ...connection } = row
  return { ...toConnection(connection), credentials, target }
}

/** The permissions that the user did not grant in the last handshake, by Carillon's id of the user or the team. */
export async function findMissingPermissions (
  { db }: Database, provider: string, owner: { userId: string } | { teamId: string }
): Promise<string[]> {
  const isHeld = 'userId' in owner ? eq(connections.userId, owner.userId) : eq(connections.teamId, owner.teamId)
  const [row] = await db.select({ missing: connections.missingPermissions }).from(connections)
    .where(and(isHeld, eq(connections.provider, provider)))
  return row?.missing ?? []
}

/** Lists up to `limit` connections after the id `after`, in the order of their ids, which is the order of creation. */
export async function listConnections (
  { db }: Database, filter: ConnectionFilter, { limit, after }: { limit: number, after?: string | undefined }
): Promise<Connection[]> {
  const { userId, teamId, visibleTo, provider, status } = filter
  const rows = await selectConnections(db)
    .where(and(
      after === undefined ? undefined : gt(connections.id, after),
      userId === undefined ? undefined : eq(users.externalId, userId),
      teamId === undefined ? undefined : eq(teams.externalId, teamId),
      visibleTo === undefined ? undefined : isVisible(db, visibleTo),
      provider === undefined ? undefined : eq(connections.provider, provider),
      status === undefined ? undefined : status === 'open' ? ne(connections.status, 'revoked') : eq(connections.status, status)))
    .orderBy(asc(connections.id)).limit(limit)
  return rows.map(toConnection)
}

function selectConnections (db: Database['db']) {
  return db.select(columns).from(connections)
    .innerJoin(grants, eq(grants.id, connections.grantId))
    .leftJoin(users, eq(users.id, connections.userId)).leftJoin(teams, eq(teams.id, connections.teamId))
    .leftJoin(connectors, eq(connectors.id, connections.connectedBy))
}

function isVisible (db: Database['db'], userId: string) {
  const ofTheirs = db.select({ id: teamMembers.teamId }).from(teamMembers).where(eq(teamMembers.userId, userId))
  return or(eq(connections.userId, userId), inArray(connections.teamId, ofTheirs))
}

function toConnection (
  { connectorId, connectorName, ...row }: Awaited<ReturnType<typeof selectConnections>>[number]
): Connection {
  return { ...row, connectedBy: connectorId === null ? null : { userId: connectorId, name: connectorName ?? connectorId } }
}
