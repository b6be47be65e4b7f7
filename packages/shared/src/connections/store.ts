import { and, eq, inArray, or, sql } from 'drizzle-orm'
import { connections, grants, newId, pulls, teams, users } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import { openUnparsed, queueRevocations, releaseGrants, sealCredentials, sealTarget } from '../grants/index.ts'
import { cleanName } from '../names/index.ts'
import type { Credentials, Grant, Provider } from '../providers/index.ts'
import { erasePulls, hurryPulls } from '../pulls/erase-pulls.ts'
import type { Vault } from '../vault/index.ts'
import { endRows } from './disconnect.ts'
import { recordEvents } from './events.ts'
import { NotOwnerError } from './not-owner-error.ts'
import { findKeptGrants, isSameAccess } from './shared-credentials.ts'

/** The owner of a connection, by Carillon's ids: a user, or a team and the user who connects for it. */
type OwnerRef = { userId: string } | { teamId: string, connectedBy: string }

/** A grant for a connection. */
export type NewConnection = OwnerRef & { provider: string, grant: Grant }

/** What a provider's definition says about its connections. */
export interface ConnectionRules {
  accounts: Provider['accounts']
  canRevoke: boolean
  /** The credentials to store when `old` are replaced by `fresh`. Defaults to `fresh`. */
  merge?: ((old: Credentials, fresh: Credentials) => Credentials) | undefined
}

export interface SavedConnection {
  id: string
  /** One of `userId` and `teamId` is null. */
  userId: string | null
  teamId: string | null
  provider: string
  /** Whether credentials of an earlier connection were replaced. */
  reconnected: boolean
  /** Other connections of the same grant that work again. */
  recovered: string[]
}

/**
 * A pull that stores data first locks its own row and then the connection's key. A stronger lock here would cause a deadlock,
 * because this transaction later deletes the pull's row.
 */
const lock = 'no key update'
const usual: ConnectionRules = { accounts: 'one', canRevoke: false }

/**
 * Stores grants, sealed, in one transaction, and returns the connections in the order of `all`. An existing connection keeps its
 * id, and the version of its grant increases, so late responses about the old token change nothing. Accepts one grant per owner
 * and account. Queues the revocation of replaced credentials where the rules allow it. Stores nothing and throws NotOwnerError
 * when the user is not the owner of the team, or OverlappingGrantError when the credentials of a shared grant may be too old.
 */
export async function saveConnections (
  { db }: Pick<Database, 'db'>, vault: Vault, all: NewConnection[], rulesOf: (provider: string) => ConnectionRules = () => usual
): Promise<SavedConnection[]> {
  if (all.length === 0) return []
  return db.transaction(async (tx) => {
    await lockOwners(tx, all)
    const shared = await ensureShared(tx, all)
    const before = await findExisting({ tx, vault, all, rulesOf }, [...shared.values()])
    const ids = before.map((old) => old?.id ?? newId())
    const grantIds = all.map(({ provider, grant }, index) =>
      (grant.shared === undefined ? ids[index] : shared.get(`${provider} ${grant.shared.key}`)) ?? newId())
    const given = all.map(({ provider, grant }, at) => ({ id: grantIds[at] ?? newId(), provider, grant, old: before[at] }))
    const kept = await findKeptGrants({ db: tx }, vault, given, [...shared.values()])
    await storeCredentials({ tx, vault, rulesOf }, given.filter((one) => !kept.has(one)))
    const rows = all.map(({ provider, grant, ...owner }, index) => {
      const id = ids[index] ?? newId()
      return {
        id,
        userId: null,
        teamId: null,
        connectedBy: null,
        ...owner,
        provider,
        status: 'active' as const,
        accountKey: accountKeyOf(grant, rulesOf(provider)),
        accountId: grant.account.id,
        // Imports contain names too, and pages and terminals print them.
        accountName: cleanName(grant.account.name, grant.account.id),
        host: grant.account.host ?? '',
        grantedBy: grant.account.grantedBy ?? null,
        grantId: grantIds[index] ?? id,
        target: grant.shared === undefined ? null : sealTarget(vault, id, grant.shared.target),
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
        grantedBy: sql`excluded.granted_by`,
        grantId: sql`excluded.grant_id`,
        target: sql`excluded.target`,
        // An address that was unsubscribed stays silent until its user says otherwise.
        muted: sql`case ${connections.status} when 'revoked' then null else ${connections.muted} end`,
        connectedAt: sql`case ${connections.status} when 'revoked' then now() else ${connections.connectedAt} end`,
        disconnectedAt: null,
        missingPermissions: sql`excluded.missing_permissions`,
        limitedUntil: null,
        failureStreak: null,
        updatedAt: sql`now()`
      }
    })
    await releaseReplaced({ tx, vault, all, rulesOf }, rows, before)
    await endOtherOwners({ tx, vault, all, rulesOf }, rows)
    const recovered = await recoverOthers(tx, all, rows)
    const pulled = all.flatMap(({ grant: { account } }, index) => {
      const old = before[index]
      return old?.isPulled === true ? [{ id: old.id, isMoved: old.accountId !== account.id }] : []
    })
    // Data of the old account must not appear under the new one.
    await erasePulls({ db: tx }, pulled.filter(({ isMoved }) => isMoved).map(({ id }) => id))
    await hurryPulls({ db: tx }, pulled.map(({ id }) => id))
    const saved = rows.map(({ id, userId, teamId, provider, grantId }, index) => ({
      id, userId, teamId, provider, reconnected: before[index] !== undefined, recovered: recovered.get(grantId) ?? []
    }))
    await recordEvents({ db: tx }, [
      ...saved.map(({ id, reconnected }) => ({
        connectionId: id, event: reconnected ? 'connection.reconnected' as const : 'connection.connected' as const
      })),
      ...[...recovered.values()].flat().map((connectionId) => ({ connectionId, event: 'connection.recovered' as const }))
    ])
    return saved
  })
}

type Transaction = Database['db']

/** The locks keep other transactions from inserting the same connections, and from giving a team to another owner. */
async function lockOwners (tx: Transaction, all: NewConnection[]): Promise<void> {
  const userIds = all.flatMap((one) => 'userId' in one ? [one.userId] : [])
  const teamIds = all.flatMap((one) => 'teamId' in one ? [one.teamId] : [])
  await tx.select({ id: users.id }).from(users).where(inArray(users.id, userIds)).orderBy(users.id).for('update')
  const owned = teamIds.length === 0
    ? []
    : await tx.select({ id: teams.id, ownerId: teams.ownerId }).from(teams).where(inArray(teams.id, teamIds)).orderBy(teams.id).for('update')
  const ownerOf = new Map(owned.map(({ id, ownerId }) => [id, ownerId]))
  for (const one of all) {
    if ('teamId' in one && ownerOf.get(one.teamId) !== one.connectedBy) throw new NotOwnerError()
  }
}

const columnsOfOld = {
  id: connections.id,
  userId: connections.userId,
  teamId: connections.teamId,
  provider: connections.provider,
  accountKey: connections.accountKey,
  accountId: connections.accountId,
  grantId: connections.grantId,
  grantKey: grants.key,
  credentials: grants.credentials,
  isPulled: sql<boolean>`exists (select from ${pulls} where ${pulls.connectionId} = ${connections.id})`
}

type ExistingConnection = Awaited<ReturnType<typeof selectOld>>[number]

/**
 * The owners' connections that `all` replaces, in its order. Locks all grants that this transaction may change before the
 * connections, in the order of their ids, like every statement.
 */
async function findExisting (
  { tx, all, rulesOf }: Saving, sharedIds: string[]
): Promise<Array<ExistingConnection | undefined>> {
  const ofOwners = or(
    inArray(connections.userId, all.flatMap((one) => 'userId' in one ? [one.userId] : [])),
    inArray(connections.teamId, all.flatMap((one) => 'teamId' in one ? [one.teamId] : [])))
  const taken = exclusiveAccounts(all, rulesOf)
  const held = tx.select({ id: connections.grantId }).from(connections)
    .where(taken === undefined ? ofOwners : or(ofOwners, taken))
  await tx.select({ id: grants.id }).from(grants)
    .where(or(inArray(grants.id, held), inArray(grants.id, sharedIds))).orderBy(grants.id).for('update')
  const found = await selectOld(tx, ofOwners)
  const known = new Map(found.map((row) => [`${row.userId ?? row.teamId} ${row.provider} ${row.accountKey}`, row]))
  return all.map((one) => known.get(
    `${'userId' in one ? one.userId : one.teamId} ${one.provider} ${accountKeyOf(one.grant, rulesOf(one.provider))}`))
}

function selectOld (tx: Transaction, ofOwners: ReturnType<typeof or>) {
  return tx.select(columnsOfOld).from(connections).innerJoin(grants, eq(grants.id, connections.grantId))
    .where(ofOwners).orderBy(connections.id).for(lock, { of: connections })
}

function accountKeyOf ({ account }: Grant, { accounts }: ConnectionRules): string {
  return accounts === 'one' ? '' : account.id
}

/** A grant with its id, and the connection of the same owner and account. */
interface GivenGrant {
  id: string
  provider: string
  grant: Grant
  old: ExistingConnection | undefined
}

/**
 * Stores the credentials in their grants, merged with those that they replace. A grant that only one connection may use has the
 * id of that connection. Of several credentials for one grant, those that expire last are the newest.
 */
async function storeCredentials (
  { tx, vault, rulesOf }: Pick<Saving, 'tx' | 'vault' | 'rulesOf'>, given: GivenGrant[]
): Promise<void> {
  if (given.length === 0) return
  const byExpiry = given.toSorted((one, other) => (one.grant.expiresAt?.getTime() ?? 0) - (other.grant.expiresAt?.getTime() ?? 0))
  const rows = new Map(byExpiry.map(({ id, provider, grant, old }) => {
    const replaced = old?.grantId === id ? openUnparsed(vault, id, old.credentials) : undefined
    const { merge = (_: Credentials, fresh: Credentials) => fresh } = rulesOf(provider)
    const credentials = replaced === undefined ? grant.credentials : merge(replaced, grant.credentials)
    return [id, {
      id,
      provider,
      status: 'active' as const,
      credentials: sealCredentials(vault, id, credentials),
      expiresAt: grant.expiresAt ?? null
    }]
  }))
  await tx.insert(grants).values([...rows.values()]).onConflictDoUpdate({
    target: grants.id,
    set: {
      status: 'active',
      credentials: sql`excluded.credentials`,
      version: sql`${grants.version} + 1`,
      expiresAt: sql`excluded.expires_at`,
      refreshAfter: null,
      leaseOwner: null,
      leaseUntil: null,
      updatedAt: sql`now()`
    }
  })
}

/** Creates missing shared grants, without credentials. Returns the ids of all of them by provider and key. */
async function ensureShared (tx: Transaction, all: NewConnection[]): Promise<Map<string, string>> {
  const wanted = new Map(all.flatMap(({ provider, grant: { shared } }) =>
    shared === undefined ? [] : [[`${provider} ${shared.key}`, { provider, key: shared.key }]]))
  if (wanted.size === 0) return new Map()
  const sorted = [...wanted].sort(([one], [other]) => one < other ? -1 : 1).map(([, row]) => row)
  await tx.insert(grants).values(sorted.map((row) => ({ id: newId(), ...row, status: 'revoked' as const }))).onConflictDoNothing()
  const found = await tx.select({ id: grants.id, provider: grants.provider, key: grants.key }).from(grants)
    .where(or(...sorted.map(({ provider, key }) => and(eq(grants.provider, provider), eq(grants.key, key)))))
  return new Map(found.map(({ id, provider, key }) => [`${provider} ${key}`, id]))
}

interface Saving {
  tx: Transaction
  vault: Vault
  all: NewConnection[]
  rulesOf: (provider: string) => ConnectionRules
}

type NewRow = { id: string, provider: string, accountId: string, grantId: string }

/**
 * Queues the revocation of replaced tokens, and of grants that their connections left. A shared grant is revoked with its last
 * connection.
 */
async function releaseReplaced (
  { tx, vault, all, rulesOf }: Saving, rows: NewRow[], before: Array<ExistingConnection | undefined>
): Promise<void> {
  const canRevoke = (provider: string): boolean => rulesOf(provider).canRevoke
  const left = rows.flatMap(({ grantId }, index) => {
    const old = before[index]
    if (old === undefined || old.grantId === grantId) return []
    return [{ grantId: old.grantId, connectionId: old.id, accountId: old.accountId }]
  })
  await releaseGrants({ db: tx }, left, { vault, canRevoke })
  await queueRevocations({ db: tx }, vault, all.flatMap(({ provider, grant }, index) => {
    const old = before[index]
    if (old === undefined || old.grantId !== rows[index]?.grantId || old.grantKey !== null || !canRevoke(provider)) return []
    const credentials = openUnparsed(vault, old.grantId, old.credentials)
    if (credentials === undefined || isSameAccess(credentials, grant.credentials)) return []
    return [{ connectionId: old.id, provider, accountId: old.accountId, credentials }]
  }))
}

/** The connections of any owner to accounts that belong to one owner at a time. Undefined when there are no such accounts. */
function exclusiveAccounts (all: NewConnection[], rulesOf: (provider: string) => ConnectionRules) {
  const exclusive = all.filter(({ provider }) => rulesOf(provider).accounts === 'manyExclusive')
  return or(...exclusive.map(({ provider, grant }) =>
    and(eq(connections.provider, provider), eq(connections.accountId, grant.account.id))))
}

/** Ends the connections of other owners to accounts that belong to one owner at a time. */
async function endOtherOwners ({ tx, all, rulesOf }: Saving, rows: NewRow[]): Promise<void> {
  const taken = exclusiveAccounts(all, rulesOf)
  if (taken === undefined) return
  const own = rows.map(({ id }) => id)
  const others = await tx.select({ id: connections.id }).from(connections).where(sql`
    ${taken} and ${connections.status} <> 'revoked' and not ${inArray(connections.id, own)}`)
  await endRows(tx, others.map(({ id }) => id), { reason: 'another user connected this account' })
}

/** Connections of the same shared grants that waited for new credentials work again. Returns them by grant. */
async function recoverOthers (tx: Transaction, all: NewConnection[], rows: NewRow[]): Promise<Map<string, string[]>> {
  const shared = rows.filter((_, index) => all[index]?.grant.shared !== undefined).map(({ grantId }) => grantId)
  const recovered = new Map<string, string[]>()
  if (shared.length === 0) return recovered
  const isWaiting = and(inArray(connections.grantId, shared), eq(connections.status, 'needsReauth'))
  const waiting = await tx.select({ id: connections.id }).from(connections).where(isWaiting).orderBy(connections.id).for(lock)
  const found = await tx.update(connections).set({ status: 'active', statusReason: null, updatedAt: sql`now()` })
    .where(inArray(connections.id, waiting.map(({ id }) => id))).returning({ id: connections.id, grantId: connections.grantId })
  for (const { id, grantId } of found) recovered.set(grantId, [...recovered.get(grantId) ?? [], id])
  return recovered
}
