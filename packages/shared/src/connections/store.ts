import { and, eq, inArray, or, sql } from 'drizzle-orm'
import { connections, newId, pulls, teams, users } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import { cleanName } from '../names/index.ts'
import type { Credentials, Grant, Provider } from '../providers/index.ts'
import { erasePulls, hurryPulls } from '../pulls/erase-pulls.ts'
import { VaultError } from '../vault/index.ts'
import type { SealContext, Vault } from '../vault/index.ts'
import { recordEvents } from './events.ts'
import { NotOwnerError } from './not-owner-error.ts'
import { queueRevocations } from './revocations.ts'
import type { NewRevocation } from './revocations.ts'

/** The owner of a connection, by Carillon's ids: a user, or a team and the user who connects for it. */
type OwnerRef = { userId: string } | { teamId: string, connectedBy: string }

/** A grant for a connection. */
export type NewConnection = OwnerRef & { provider: string, grant: Grant }

export interface SavedConnection {
  id: string
  /** One of `userId` and `teamId` is null. */
  userId: string | null
  teamId: string | null
  provider: string
  /** Whether credentials of an earlier connection were replaced. */
  reconnected: boolean
}

/**
 * A pull that stores data first locks its own row and then the connection's key. A stronger lock here would cause a deadlock,
 * because this transaction later deletes the pull's row.
 */
const lock = 'no key update'

/**
 * Stores grants, sealed, in one transaction, and returns the connections in the order of `grants`. An existing connection keeps
 * its id, and its version increases, so late responses about the old token change nothing. Accepts one grant per owner and
 * provider. Queues the revocation of replaced credentials where `canRevoke`. Throws NotOwnerError, and stores nothing, when the
 * user is not the owner of the team.
 */
export async function saveConnections (
  { db }: Pick<Database, 'db'>, vault: Vault, grants: NewConnection[], canRevoke: (provider: string) => boolean = () => false
): Promise<SavedConnection[]> {
  if (grants.length === 0) return []
  return db.transaction(async (tx) => {
    const userIds = [...new Set(grants.flatMap((grant) => 'userId' in grant ? [grant.userId] : []))]
    const teamIds = [...new Set(grants.flatMap((grant) => 'teamId' in grant ? [grant.teamId] : []))]
    // A connection's id is part of its seal, so no other transaction may insert the row between this read and the write.
    await tx.select({ id: users.id }).from(users).where(inArray(users.id, userIds)).orderBy(users.id).for('update')
    // The lock also prevents a change of the team's owner until the connection is stored.
    const owned = teamIds.length === 0
      ? []
      : await tx.select({ id: teams.id, ownerId: teams.ownerId }).from(teams).where(inArray(teams.id, teamIds)).orderBy(teams.id).for('update')
    assertOwners(grants, new Map(owned.map(({ id, ownerId }) => [id, ownerId])))
    const found = await tx.select(columnsOfOld).from(connections)
      .where(or(inArray(connections.userId, userIds), inArray(connections.teamId, teamIds))).orderBy(connections.id).for(lock)
    const known = new Map(found.map((row) => [`${row.userId ?? row.teamId} ${row.provider}`, row]))
    const before = grants.map((one) => known.get(`${'userId' in one ? one.userId : one.teamId} ${one.provider}`))

    const rows = grants.map(({ provider, grant, ...holder }, index) => {
      const id = before[index]?.id ?? newId()
      return {
        id,
        userId: null,
        teamId: null,
        connectedBy: null,
        ...holder,
        provider,
        status: 'active' as const,
        accountId: grant.account.id,
        // Imports contain names too, and pages and terminals print them.
        accountName: cleanName(grant.account.name, grant.account.id),
        host: grant.account.host ?? '',
        credentials: sealCredentials(vault, id, grant.credentials),
        expiresAt: grant.expiresAt ?? null,
        missingPermissions: grant.missingPermissions ?? []
      }
    })
    await tx.insert(connections).values(rows).onConflictDoUpdate({
      target: connections.id,
      set: {
        status: 'active',
        statusReason: null,
        connectedBy: sql`excluded.connected_by`,
        accountId: sql`excluded.account_id`,
        accountName: sql`excluded.account_name`,
        host: sql`excluded.host`,
        connectedAt: sql`case ${connections.status} when 'revoked' then now() else ${connections.connectedAt} end`,
        disconnectedAt: null,
        credentials: sql`excluded.credentials`,
        credentialsVersion: sql`${connections.credentialsVersion} + 1`,
        expiresAt: sql`excluded.expires_at`,
        missingPermissions: sql`excluded.missing_permissions`,
        limitedUntil: null,
        refreshAfter: null,
        leaseOwner: null,
        leaseUntil: null,
        updatedAt: sql`now()`
      }
    })
    const saved = rows.map(({ id, userId, teamId, provider }, index) => ({
      id, userId, teamId, provider, reconnected: before[index] !== undefined
    }))
    const replaced = grants.flatMap(({ provider, grant }, index) => {
      const old = canRevoke(provider) ? oldCredentials(vault, before[index]) : undefined
      return old === undefined || isSameToken(old.credentials, grant.credentials) ? [] : [old]
    })
    await queueRevocations({ db: tx }, vault, replaced)
    const pulled = grants.flatMap(({ grant: { account } }, index) => {
      const old = before[index]
      return old?.isPulled === true ? [{ id: old.id, isMoved: old.accountId !== account.id }] : []
    })
    // Data of the old account must not appear under the new one.
    await erasePulls({ db: tx }, pulled.filter(({ isMoved }) => isMoved).map(({ id }) => id))
    await hurryPulls({ db: tx }, pulled.map(({ id }) => id))
    await recordEvents({ db: tx }, saved.map(({ id, reconnected }) => ({
      connectionId: id, event: reconnected ? 'connection.reconnected' : 'connection.connected'
    })))
    return saved
  })
}

/**
 * Deletes the credentials and closes the connection. With `revokeWith`, also queues their revocation. False when the connection
 * does not exist or is already closed.
 */
export async function disconnect (
  { db }: Database, id: string, { revokeWith }: { revokeWith?: Vault | undefined } = {}
): Promise<boolean> {
  return db.transaction(async (tx) => {
    const [row] = await tx.select(columnsOfOld).from(connections)
      .where(and(eq(connections.id, id), sql`${connections.status} <> 'revoked'`)).for(lock)
    if (row === undefined) return false
    const old = revokeWith === undefined ? undefined : oldCredentials(revokeWith, row)
    if (revokeWith !== undefined && old !== undefined) await queueRevocations({ db: tx }, revokeWith, [old])
    await tx.update(connections).set({
      status: 'revoked',
      statusReason: 'disconnected',
      disconnectedAt: sql`now()`,
      credentials: null,
      credentialsVersion: sql`${connections.credentialsVersion} + 1`,
      expiresAt: null,
      limitedUntil: null,
      refreshAfter: null,
      leaseOwner: null,
      leaseUntil: null,
      updatedAt: sql`now()`
    }).where(eq(connections.id, id))
    await erasePulls({ db: tx }, [id])
    await recordEvents({ db: tx }, [{ connectionId: id, event: 'connection.disconnected' }])
    return true
  })
}

/**
 * Marks the connection as `needsReauth`, and records the event, when the provider refused the credentials of this version.
 * False, without any change, when they were replaced or a process is refreshing them: the provider may have rotated them.
 */
export async function markNeedsReauth (
  { db }: Database, { id, credentialsVersion, reason }: { id: string, credentialsVersion: number, reason: string }
): Promise<boolean> {
  return db.transaction(async (tx) => {
    const rows = await tx.update(connections)
      .set({ status: 'needsReauth', statusReason: reason, updatedAt: sql`now()` })
      .where(and(
        eq(connections.id, id), eq(connections.credentialsVersion, credentialsVersion), eq(connections.status, 'active'),
        sql`coalesce(${connections.leaseUntil} <= now(), true)`))
      .returning({ id: connections.id })
    await recordEvents({ db: tx }, rows.map(({ id }) => ({ connectionId: id, event: 'connection.needs_reauth', reason })))
    return rows.length === 1
  })
}

/**
 * Opens the sealed credentials of connection `id`. Throws VaultError, or the provider's error for credentials in another
 * format.
 */
export function openCredentials (
  vault: Vault, provider: Provider, { id, credentials }: { id: string, credentials: string }
): Credentials {
  return provider.parseCredentials(JSON.parse(vault.open(credentials, contextOf(id))))
}

/** Seals credentials for connection `id`. */
export function sealCredentials (vault: Vault, id: string, credentials: Credentials): string {
  return vault.seal(JSON.stringify(credentials), contextOf(id))
}

const columnsOfOld = {
  id: connections.id,
  userId: connections.userId,
  teamId: connections.teamId,
  provider: connections.provider,
  accountId: connections.accountId,
  credentials: connections.credentials,
  isPulled: sql<boolean>`exists (select from ${pulls} where ${pulls.connectionId} = ${connections.id})`
}

function assertOwners (grants: NewConnection[], ownerOf: Map<string, string>): void {
  for (const grant of grants) {
    if ('teamId' in grant && ownerOf.get(grant.teamId) !== grant.connectedBy) throw new NotOwnerError()
  }
}

/** Undefined without old credentials, or without the key that sealed them: the user must still be able to reconnect. */
function oldCredentials (
  vault: Vault, row: { id: string, provider: string, accountId: string, credentials: string | null } | undefined
): NewRevocation | undefined {
  if (row === undefined || row.credentials === null) return undefined
  try {
    const credentials: Credentials = JSON.parse(vault.open(row.credentials, contextOf(row.id)))
    return { connectionId: row.id, provider: row.provider, accountId: row.accountId, credentials }
  } catch (error) {
    if (error instanceof VaultError) return undefined
    throw error
  }
}

/** Whether the new grant has a token of the old one. Revoking that token would end the new grant. */
function isSameToken (old: Credentials, fresh: Credentials): boolean {
  return old.accessToken === fresh.accessToken || (old.refreshToken !== undefined && old.refreshToken === fresh.refreshToken)
}

function contextOf (id: string): SealContext {
  return { table: 'connections', column: 'credentials', id }
}
