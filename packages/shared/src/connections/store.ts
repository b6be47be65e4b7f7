import { and, eq, inArray, sql } from 'drizzle-orm'
import { connections, newId, users } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import type { Credentials, Grant, Provider } from '../providers/index.ts'
import type { Place, Vault } from '../vault/index.ts'

/** A user's grant, ready to be kept. `userId` is Carillon's own id. */
export interface NewConnection {
  userId: string
  provider: string
  grant: Grant
}

export interface SavedConnection {
  id: string
  userId: string
  provider: string
  /** Whether credentials of an earlier connection were replaced. */
  reconnected: boolean
}

/**
 * Keeps grants, sealed, in one transaction. A user's connection at a provider keeps its id for ever: what was there is
 * replaced, and its version counts up, so that late answers about the old token change nothing. At most one grant per user
 * and provider in a call. Answers in the order of `grants`.
 */
export async function saveConnections (
  { db }: Database, vault: Vault, grants: NewConnection[]
): Promise<SavedConnection[]> {
  if (grants.length === 0) return []
  return db.transaction(async (tx) => {
    const userIds = [...new Set(grants.map(({ userId }) => userId))]
    // A connection's id is part of its seal, so nobody else may make the row between looking for it and writing it.
    await tx.select({ id: users.id }).from(users).where(inArray(users.id, userIds)).orderBy(users.id).for('update')
    const found = await tx.select({ id: connections.id, userId: connections.userId, provider: connections.provider })
      .from(connections).where(inArray(connections.userId, userIds))
    const known = new Map(found.map((row) => [`${row.userId} ${row.provider}`, row.id]))

    const rows = grants.map(({ userId, provider, grant }) => {
      const id = known.get(`${userId} ${provider}`) ?? newId()
      return {
        id,
        userId,
        provider,
        status: 'active' as const,
        accountId: grant.account.id,
        accountName: grant.account.name,
        credentials: sealCredentials(vault, id, grant.credentials),
        expiresAt: grant.expiresAt ?? null
      }
    })
    await tx.insert(connections).values(rows).onConflictDoUpdate({
      target: connections.id,
      set: {
        status: 'active',
        statusReason: null,
        accountId: sql`excluded.account_id`,
        accountName: sql`excluded.account_name`,
        credentials: sql`excluded.credentials`,
        credentialsVersion: sql`${connections.credentialsVersion} + 1`,
        expiresAt: sql`excluded.expires_at`,
        limitedUntil: null,
        updatedAt: sql`now()`
      }
    })
    return rows.map(({ id, userId, provider }) => ({ id, userId, provider, reconnected: known.has(`${userId} ${provider}`) }))
  })
}

/** Erases the credentials and closes the connection. False when it is unknown or closed already. */
export async function disconnect ({ db }: Database, id: string): Promise<boolean> {
  const rows = await db.update(connections)
    .set({
      status: 'revoked',
      statusReason: 'disconnected',
      credentials: null,
      credentialsVersion: sql`${connections.credentialsVersion} + 1`,
      expiresAt: null,
      limitedUntil: null,
      updatedAt: sql`now()`
    })
    .where(and(eq(connections.id, id), sql`${connections.status} <> 'revoked'`))
    .returning({ id: connections.id })
  return rows.length === 1
}

/**
 * Marks the credentials of this version as dead: the user must reconnect. Does nothing, and answers false, when they have
 * been replaced since.
 */
export async function markNeedsReauth (
  { db }: Database, { id, credentialsVersion, reason }: { id: string, credentialsVersion: number, reason: string }
): Promise<boolean> {
  const rows = await db.update(connections)
    .set({ status: 'needsReauth', statusReason: reason, updatedAt: sql`now()` })
    .where(and(
      eq(connections.id, id), eq(connections.credentialsVersion, credentialsVersion), eq(connections.status, 'active')))
    .returning({ id: connections.id })
  return rows.length === 1
}

/** Opens the sealed credentials of connection `id`. Throws VaultError, or what the provider throws of foreign credentials. */
export function openCredentials (
  vault: Vault, provider: Provider, { id, credentials }: { id: string, credentials: string }
): Credentials {
  return provider.parseCredentials(JSON.parse(vault.open(credentials, placeOf(id))))
}

/** Credentials as connection `id` keeps them. */
export function sealCredentials (vault: Vault, id: string, credentials: Credentials): string {
  return vault.seal(JSON.stringify(credentials), placeOf(id))
}

function placeOf (id: string): Place {
  return { table: 'connections', column: 'credentials', id }
}
