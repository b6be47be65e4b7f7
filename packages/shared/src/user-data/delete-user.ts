import { eq, inArray, or, sql } from 'drizzle-orm'
import { eraseAuditAddresses, recordAudit } from '../audit/index.ts'
import type { Actor } from '../audit/index.ts'
import { endRows } from '../connections/disconnect.ts'
import { connectionEvents, connections, grants, inTransaction, newId, revocations, teamMembers, teams, userDeletions, users } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import { skipWaiting } from '../deliveries/index.ts'
import { keepUserInEvents } from '../events/index.ts'
import { endHandshakesOf } from '../handshakes/index.ts'
import type { EndingHandshakes } from '../handshakes/index.ts'
import { forgetCaller } from '../idempotency/index.ts'
import { eraseBudget } from '../throttling/index.ts'
import type { Vault } from '../vault/index.ts'
import { digestsOf, pseudonymOf } from './deletion.ts'
import type { ClosedConnection } from './deletion.ts'
import { eraseHandshakes } from './erase-handshakes.ts'

interface DeletionServices {
  database: Database
  vault: Vault
  canRevoke: (provider: string) => boolean
  /** Who deletes the user. */
  actor: Actor
}

const teamReason = 'the user who connected it was deleted'

/**
 * Deletes the user: ends tokens, handshakes and connections, queues the revocation of the credentials, and erases what names the
 * user, in one transaction. A worker erases the rest, see `continueDeletion`. False when there is no such user.
 */
export async function deleteUser (services: DeletionServices, externalId: string, now: number): Promise<boolean> {
  const { database, actor } = services
  const closed = await inTransaction(database, async ({ db: tx }) => {
    const [user] = await tx.select({ id: users.id, deletedAt: users.deletedAt }).from(users)
      .where(eq(users.externalId, externalId)).for('update')
    if (user === undefined || user.deletedAt !== null) return undefined
    await recordAudit({ db: tx }, { actor, action: 'user.deleted', target: { kind: 'user', id: user.id }, userId: user.id })
    return await endUser(services, tx, { id: user.id, externalId }, now)
  })
  if (closed === undefined) return false
  for (const { connectionId, teamId } of closed) {
    // Nothing is sent to a team's connection.
    if (teamId === null) await skipWaiting(database, connectionId, 'userDeleted')
  }
  return true
}

interface User {
  id: string
  externalId: string
}

type Transaction = Database['db']

async function endUser (services: DeletionServices, tx: Transaction, user: User, now: number): Promise<ClosedConnection[]> {
  const { vault, canRevoke } = services
  const ending: EndingHandshakes = { database: { db: tx }, vault, canRevoke }
  await endHandshakesOf(ending, user.id, now)
  const handshakes = await eraseHandshakes({ db: tx }, user.id)
  const closed = await closeConnections(services, tx, user)
  const left = await leaveTeams(tx, user)
  await forgetCaller({ db: tx }, user.id)
  await eraseBudget({ db: tx }, user.id)
  await eraseAuditAddresses({ db: tx }, user.id)
  await keepUserInEvents({ db: tx }, user.id, user.externalId)
  await tx.update(users).set({
    externalId: pseudonymOf(user.id),
    displayName: null,
    tokenGeneration: sql`${users.tokenGeneration} + 1`,
    deletedAt: sql`now()`,
    updatedAt: sql`now()`
  }).where(eq(users.id, user.id))
  await tx.insert(userDeletions).values({
    id: newId(),
    userId: user.id,
    digest: digestsOf(vault, user.externalId)[0],
    externalId: user.externalId,
    transactionId: sql`pg_current_xact_id()::text::bigint`,
    connections: closed,
    teams: left,
    erased: { connections: closed.length, handshakes }
  })
  return closed
}

/** Closes the user's connections and those that the user made for teams, and erases whose they were. */
async function closeConnections (
  { vault, canRevoke }: DeletionServices, tx: Transaction, user: User
): Promise<ClosedConnection[]> {
  const isOfUser = or(eq(connections.userId, user.id), eq(connections.connectedBy, user.id))
  const rows = await tx.select({
    id: connections.id, provider: connections.provider, teamId: teams.externalId, grantId: connections.grantId
  }).from(connections).leftJoin(teams, eq(teams.id, connections.teamId)).where(isOfUser).orderBy(connections.id)
  if (rows.length === 0) return []
  const grantIds = rows.map(({ grantId }) => grantId)
  await tx.select({ id: grants.id }).from(grants).where(inArray(grants.id, grantIds)).orderBy(grants.id).for('update')
  const revocation = { vault, canRevoke }
  const own = rows.filter(({ teamId }) => teamId === null).map(({ id }) => id)
  const ofTeams = rows.filter(({ teamId }) => teamId !== null).map(({ id }) => id)
  const ended = new Set([
    ...await endRows(tx, own, { reason: 'disconnected', revocation }),
    ...await endRows(tx, ofTeams, { reason: teamReason, revocation })
  ])
  const queued = await tx.select({ id: revocations.connectionId }).from(revocations)
    .where(sql`${inArray(revocations.connectionId, rows.map(({ id }) => id))} and ${revocations.state} = 'pending'`)
  const revoking = new Set(queued.map(({ id }) => id))
  const held = await tx.select({ id: grants.id, status: grants.status }).from(grants).where(inArray(grants.id, grantIds))
  const inUse = new Set(held.filter(({ status }) => status !== 'revoked').map(({ id }) => id))
  await eraseAccounts(tx, user, rows.map(({ id }) => id))
  return rows.filter(({ id }) => ended.has(id) || revoking.has(id)).map(({ id, provider, teamId, grantId }) => ({
    connectionId: id,
    provider,
    teamId,
    ...outcome({ isQueued: revoking.has(id), canRevoke: canRevoke(provider), isInUse: inUse.has(grantId) })
  }))
}

function outcome (
  { isQueued, canRevoke, isInUse }: { isQueued: boolean, canRevoke: boolean, isInUse: boolean }
): Pick<ClosedConnection, 'revocation' | 'reason'> {
  if (isQueued) return { revocation: 'pending', reason: null }
  if (isInUse) return { revocation: 'inUse', reason: 'other connections use the same access' }
  if (!canRevoke) return { revocation: 'notSupported', reason: 'the provider cannot revoke access' }
  return { revocation: 'failed', reason: 'the credentials could not be read' }
}

async function eraseAccounts (tx: Transaction, { id: userId }: User, ids: string[]): Promise<void> {
  const isTeams = sql`${connections.teamId} is not null`
  await tx.update(connections).set({
    connectedBy: null,
    // A team keeps its connection, and reconnecting uses it again.
    accountKey: sql`case when ${isTeams} and ${connections.accountKey} = '' then '' else 'erased:' || ${connections.id} end`,
    accountId: '',
    accountName: '',
    host: '',
    grantedBy: null,
    label: null,
    failureStreak: null,
    statusReason: sql`case when ${isTeams} then ${connections.statusReason} else 'userDeleted' end`,
    updatedAt: sql`now()`
  }).where(inArray(connections.id, ids))
  await tx.delete(connectionEvents).where(sql`${connectionEvents.connectionId} in (select id from connections where user_id = ${userId})`)
  // The name of a workspace, where no other user has one of its connections. Those of users who were deleted before do not count.
  await tx.update(grants).set({ key: null }).where(sql`${grants.status} = 'revoked' and ${grants.key} is not null
    and ${grants.id} in (select grant_id from connections where ${inArray(connections.id, ids)})
    and not exists (
      select from connections left join users on users.id = connections.user_id
      where grant_id = ${grants.id} and users.deleted_at is null and not ${inArray(connections.id, ids)})`)
}

/** Removes the user from all teams. A team that the user owns keeps the pseudonym as its owner until the site names another. */
async function leaveTeams (tx: Transaction, { id }: User): Promise<{ left: string[], ownerless: string[] }> {
  const owned = await tx.select({ externalId: teams.externalId }).from(teams)
    .where(eq(teams.ownerId, id)).orderBy(teams.externalId)
  const left = await tx.delete(teamMembers).where(eq(teamMembers.userId, id)).returning({ teamId: teamMembers.teamId })
  const names = await tx.select({ externalId: teams.externalId }).from(teams)
    .where(inArray(teams.id, left.map(({ teamId }) => teamId))).orderBy(teams.externalId)
  return { left: names.map(({ externalId }) => externalId), ownerless: owned.map(({ externalId }) => externalId) }
}
