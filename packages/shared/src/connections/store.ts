import { and, eq, inArray, sql } from 'drizzle-orm'
import { connections, newId } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import { openUnparsed, queueRevocations, releaseGrants, sealTarget } from '../grants/index.ts'
import { cleanName } from '../names/index.ts'
import { erasePulls, hurryPulls } from '../pulls/erase-pulls.ts'
import type { Vault } from '../vault/index.ts'
import { endRows } from './disconnect.ts'
import { recordEvents } from './events.ts'
import { accountKeyOf, exclusiveAccounts, findExisting, lock, lockOwners } from './find-existing.ts'
import type { ExistingConnection } from './find-existing.ts'
import type { ConnectionRules, NewConnection, Saving, Transaction } from './new-connection.ts'
import { findKeptGrants, isSameAccess } from './shared-credentials.ts'
import { ensureShared, storeCredentials } from './store-credentials.ts'

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
