import { and, eq, inArray, or, sql } from 'drizzle-orm'
import { connections, grants, pulls, teams, users } from '../db/index.ts'
import type { Grant } from '../providers/index.ts'
import type { ConnectionRules, NewConnection, Saving, Transaction } from './new-connection.ts'
import { DeletedUserError } from '../users/index.ts'
import { NotOwnerError } from './not-owner-error.ts'

/**
 * A pull that stores data first locks its own row and then the connection's key. A stronger lock here would cause a deadlock,
 * because this transaction later deletes the pull's row.
 */
export const lock = 'no key update'

/**
 * The locks keep other transactions from inserting the same connections, from giving a team to another owner, and from deleting a
 * user.
 */
export async function lockOwners (tx: Transaction, all: NewConnection[]): Promise<void> {
  const userIds = all.map((one) => 'userId' in one ? one.userId : one.connectedBy)
  const teamIds = all.flatMap((one) => 'teamId' in one ? [one.teamId] : [])
  const locked = await tx.select({ deletedAt: users.deletedAt }).from(users).where(inArray(users.id, userIds)).orderBy(users.id).for('update')
  if (locked.some(({ deletedAt }) => deletedAt !== null)) throw new DeletedUserError()
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

export type ExistingConnection = Awaited<ReturnType<typeof selectOld>>[number]

/**
 * The owners' connections that `all` replaces, in its order. Locks all grants that this transaction may change before the
 * connections, in the order of their ids, like every statement.
 */
export async function findExisting (
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

/** Empty where a user has one connection at the provider, whatever the account is. */
export function accountKeyOf ({ account }: Grant, { accounts }: ConnectionRules): string {
  return accounts === 'one' ? '' : account.id
}

/** The connections of any owner to accounts that belong to one owner at a time. Undefined when there are no such accounts. */
export function exclusiveAccounts (all: NewConnection[], rulesOf: (provider: string) => ConnectionRules) {
  const exclusive = all.filter(({ provider }) => rulesOf(provider).accounts === 'manyExclusive')
  return or(...exclusive.map(({ provider, grant }) =>
    and(eq(connections.provider, provider), eq(connections.accountId, grant.account.id))))
}
