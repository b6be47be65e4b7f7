import { and, eq, inArray, or, sql } from 'drizzle-orm'
import { adAccounts, connections, newId, pulls, teams, users } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import { cleanName } from '../names/index.ts'
import type { Credentials, Grant, Provider } from '../providers/index.ts'
import { VaultError } from '../vault/index.ts'
import type { Place, Vault } from '../vault/index.ts'
import { recordEvents } from './events.ts'
import { NotOwnerError } from './not-owner-error.ts'
import { queueRevocations } from './revocations.ts'
import type { NewRevocation } from './revocations.ts'

/** Who is to hold a connection, by Carillon's own ids: a user, or a team, for which its owner connects. */
export type Holder = { userId: string } | { teamId: string, connectedBy: string }

/** A grant, ready to be kept. */
export type NewConnection = Holder & { provider: string, grant: Grant }

export interface SavedConnection {
  id: string
  /** One of the two is null. */
  userId: string | null
  teamId: string | null
  provider: string
  /** Whether credentials of an earlier connection were replaced. */
  reconnected: boolean
}

/**
 * What is read through a connection refers to it. Whoever keeps some has a lock on the pull, looks at the connection then, and
 * must not be kept from that by somebody who is going to erase the pull: both would wait for ever.
 */
const lock = 'no key update'

/**
 * Keeps grants, sealed, in one transaction. A holder's connection at a provider keeps its id for ever: what was there is
 * replaced, and its version counts up, so that late answers about the old token change nothing. At most one grant per holder
 * and provider in a call. Answers in the order of `grants`. `canRevoke` tells of which providers replaced credentials are to
 * be ended there. Throws NotOwnerError, and keeps nothing, when somebody connects for a team that is another's by now.
 */
export async function saveConnections (
  { db }: Pick<Database, 'db'>, vault: Vault, grants: NewConnection[], canRevoke: (provider: string) => boolean = () => false
): Promise<SavedConnection[]> {
  if (grants.length === 0) return []
  return db.transaction(async (tx) => {
    const userIds = [...new Set(grants.flatMap((grant) => 'userId' in grant ? [grant.userId] : []))]
    const teamIds = [...new Set(grants.flatMap((grant) => 'teamId' in grant ? [grant.teamId] : []))]
    // A connection's id is part of its seal, so nobody else may make the row between looking for it and writing it.
    await tx.select({ id: users.id }).from(users).where(inArray(users.id, userIds)).orderBy(users.id).for('update')
    // Nor may a team get another owner before what this one has connected is kept.
    const owned = teamIds.length === 0
      ? []
      : await tx.select({ id: teams.id, ownerId: teams.ownerId }).from(teams).where(inArray(teams.id, teamIds)).orderBy(teams.id).for('update')
    refuseFormerOwners(grants, new Map(owned.map(({ id, ownerId }) => [id, ownerId])))
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
        // Whichever way it came in: pages and terminals show it.
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
    // What was read through the old account need not be the new one's to see, and nobody would know any more whose it was.
    await erasePulled({ db: tx }, pulled.filter(({ isMoved }) => isMoved).map(({ id }) => id))
    await hurryPulls({ db: tx }, pulled.map(({ id }) => id))
    await recordEvents({ db: tx }, saved.map(({ id, reconnected }) => ({
      connectionId: id, event: reconnected ? 'connection.reconnected' : 'connection.connected'
    })))
    return saved
  })
}

/**
 * Erases the credentials and closes the connection. False when it is unknown or closed already. With `revokeWith` they are
 * to be ended at the provider too.
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
    await erasePulled({ db: tx }, [id])
    await recordEvents({ db: tx }, [{ connectionId: id, event: 'connection.disconnected' }])
    return true
  })
}

/**
 * Marks the credentials of this version as dead, and notes that: the user must reconnect. Does nothing, and answers false,
 * when they have been replaced since, or somebody is refreshing them: the provider may have rotated already.
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

/** What could not be read with the old credentials need not wait. */
async function hurryPulls ({ db }: Pick<Database, 'db'>, ids: string[]): Promise<void> {
  if (ids.length === 0) return
  await db.update(pulls).set({ dueAt: sql`least(${pulls.dueAt}, now())` }).where(inArray(pulls.connectionId, ids))
}

/** Who is reading notices by the missing row of `pulls` that nothing more may be kept, so that goes first. */
async function erasePulled ({ db }: Pick<Database, 'db'>, ids: string[]): Promise<void> {
  if (ids.length === 0) return
  await db.delete(pulls).where(inArray(pulls.connectionId, ids))
  await db.delete(adAccounts).where(inArray(adAccounts.connectionId, ids))
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

const columnsOfOld = {
  id: connections.id,
  userId: connections.userId,
  teamId: connections.teamId,
  provider: connections.provider,
  accountId: connections.accountId,
  credentials: connections.credentials,
  isPulled: sql<boolean>`exists (select from ${pulls} where ${pulls.connectionId} = ${connections.id})`
}

function refuseFormerOwners (grants: NewConnection[], ownerOf: Map<string, string>): void {
  for (const grant of grants) {
    if ('teamId' in grant && ownerOf.get(grant.teamId) !== grant.connectedBy) throw new NotOwnerError()
  }
}

/** Undefined where there are none, or none that open: a key may be gone, and nobody must be kept from coming back for that. */
function oldCredentials (
  vault: Vault, row: { id: string, provider: string, accountId: string, credentials: string | null } | undefined
): NewRevocation | undefined {
  if (row === undefined || row.credentials === null) return undefined
  try {
    const credentials: Credentials = JSON.parse(vault.open(row.credentials, placeOf(row.id)))
    return { connectionId: row.id, provider: row.provider, accountId: row.accountId, credentials }
  } catch (error) {
    if (error instanceof VaultError) return undefined
    throw error
  }
}

/** The provider gave, or somebody imported, what is there already: ending that would end what was kept just now. */
function isSameToken (old: Credentials, fresh: Credentials): boolean {
  return old.accessToken === fresh.accessToken || (old.refreshToken !== undefined && old.refreshToken === fresh.refreshToken)
}

function placeOf (id: string): Place {
  return { table: 'connections', column: 'credentials', id }
}
