import { and, asc, eq, gt } from 'drizzle-orm'
import { connections, users } from '../db/index.ts'
import type { Database } from '../db/index.ts'

export type ConnectionStatus = 'active' | 'needsReauth' | 'revoked'

/** What may be told about a connection: everything but its credentials. */
export interface Connection {
  id: string
  /** Carillon's id of the user, and the site's. */
  ownerId: string
  userId: string
  provider: string
  status: ConnectionStatus
  statusReason: string | null
  account: { id: string, name: string }
  credentialsVersion: number
  expiresAt: Date | null
  /** What was asked for and not allowed. */
  missingPermissions: string[]
  limitedUntil: Date | null
  createdAt: Date
  updatedAt: Date
}

export interface ConnectionFilter {
  /** The site's id of a user. */
  userId?: string | undefined
  provider?: string | undefined
  status?: ConnectionStatus | undefined
}

const columns = {
  id: connections.id,
  ownerId: connections.userId,
  userId: users.externalId,
  provider: connections.provider,
  status: connections.status,
  statusReason: connections.statusReason,
  account: { id: connections.accountId, name: connections.accountName },
  credentialsVersion: connections.credentialsVersion,
  expiresAt: connections.expiresAt,
  missingPermissions: connections.missingPermissions,
  limitedUntil: connections.limitedUntil,
  createdAt: connections.createdAt,
  updatedAt: connections.updatedAt
}

export async function findConnection ({ db }: Database, id: string): Promise<Connection | undefined> {
  const [row] = await db.select(columns).from(connections).innerJoin(users, eq(users.id, connections.userId))
    .where(eq(connections.id, id))
  return row
}

/** The connection together with its sealed credentials; undefined when it is unknown or closed. */
export async function findSealed ({ db }: Database, id: string): Promise<(Connection & { credentials: string }) | undefined> {
  const [row] = await db.select({ ...columns, credentials: connections.credentials }).from(connections)
    .innerJoin(users, eq(users.id, connections.userId)).where(eq(connections.id, id))
  return row === undefined || row.credentials === null ? undefined : { ...row, credentials: row.credentials }
}

/** What the user has not allowed at the provider when they were asked last. */
export async function findMissingPermissions (
  { db }: Database, { userId, provider }: { userId: string, provider: string }
): Promise<string[]> {
  const [row] = await db.select({ missing: connections.missingPermissions }).from(connections)
    .where(and(eq(connections.userId, userId), eq(connections.provider, provider)))
  return row?.missing ?? []
}

/** At most `limit` connections after the id `after`, in the order of their ids (which is that of their making). */
export async function listConnections (
  { db }: Database, filter: ConnectionFilter, { limit, after }: { limit: number, after?: string | undefined }
): Promise<Connection[]> {
  return db.select(columns).from(connections).innerJoin(users, eq(users.id, connections.userId))
    .where(and(
      after === undefined ? undefined : gt(connections.id, after),
      filter.userId === undefined ? undefined : eq(users.externalId, filter.userId),
      filter.provider === undefined ? undefined : eq(connections.provider, filter.provider),
      filter.status === undefined ? undefined : eq(connections.status, filter.status)))
    .orderBy(asc(connections.id)).limit(limit)
}
