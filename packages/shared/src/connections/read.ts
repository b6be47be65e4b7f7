import { aliasedTable, and, asc, eq, inArray } from 'drizzle-orm'
import { connections, grants, teams, users } from '../db/index.ts'
import type { Database } from '../db/index.ts'

export type ConnectionStatus = 'active' | 'needsReauth' | 'revoked'

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

/** The connections with these ids, in the order of their ids. */
export async function findConnections ({ db }: Database, ids: string[]): Promise<Connection[]> {
  if (ids.length === 0) return []
  return (await selectConnections(db).where(inArray(connections.id, ids)).orderBy(asc(connections.id))).map(toConnection)
}

function selectConnections (db: Database['db']) {
  return db.select(columns).from(connections)
    .innerJoin(grants, eq(grants.id, connections.grantId))
    .leftJoin(users, eq(users.id, connections.userId)).leftJoin(teams, eq(teams.id, connections.teamId))
    .leftJoin(connectors, eq(connectors.id, connections.connectedBy))
}

function toConnection (
  { connectorId, connectorName, ...row }: Awaited<ReturnType<typeof selectConnections>>[number]
): Connection {
  return { ...row, connectedBy: connectorId === null ? null : { userId: connectorId, name: connectorName ?? connectorId } }
}
