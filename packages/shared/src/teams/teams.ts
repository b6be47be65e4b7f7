import { aliasedTable, and, asc, eq } from 'drizzle-orm'
import type { TransactionSql } from 'postgres'
import { newId, teamMembers, teams, users } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import { DeletedUserError, ensureUsers } from '../users/index.ts'
import type { User } from '../users/index.ts'

export interface Team {
  id: string
  /** The site's own id. */
  externalId: string
  name: string
  owner: User
  createdAt: Date
}

/** A team, and the role of one of its members. */
export interface Membership {
  team: Team
  isOwner: boolean
}

/** The site's data about a team. Users are identified by the site's ids. */
export interface TeamInput {
  externalId: string
  name: string
  ownerId: string
  /** The owner is a member even if not listed here. */
  memberIds: string[]
}

/** What `putTeam` changed. Ids of users are Carillon's. */
export interface TeamChange {
  id: string
  isNew: boolean
  isRenamed: boolean
  /** Another owner than before. Undefined for a new team. */
  newOwner?: string | undefined
  added: string[]
  removed: string[]
}

const owners = aliasedTable(users, 'owners')
const columns = {
  id: teams.id,
  externalId: teams.externalId,
  name: teams.name,
  owner: { id: owners.id, externalId: owners.externalId, displayName: owners.displayName },
  createdAt: teams.createdAt
}

/** Finds a team by the site's own id. */
export async function findTeam ({ db }: Database, externalId: string): Promise<Team | undefined> {
  const [team] = await db.select(columns).from(teams).innerJoin(owners, eq(owners.id, teams.ownerId))
    .where(eq(teams.externalId, externalId))
  return team
}

/** The site's ids of a team's members, sorted. */
export async function listMemberIds ({ db }: Database, teamId: string): Promise<string[]> {
  const rows = await db.select({ externalId: users.externalId }).from(teamMembers)
    .innerJoin(users, eq(users.id, teamMembers.userId)).where(eq(teamMembers.teamId, teamId)).orderBy(asc(users.externalId))
  return rows.map(({ externalId }) => externalId)
}

/**
 * The role of a user in a team. Both accept Carillon's id or the site's. Undefined when the team does not exist or the user is
 * not a member. The caller must not learn which.
 */
export async function findMembership (
  { db }: Database, team: { id: string } | { externalId: string }, user: { id: string } | { externalId: string }
): Promise<Membership | undefined> {
  const [row] = await db.select({ ...columns, memberId: users.id }).from(teams)
    .innerJoin(owners, eq(owners.id, teams.ownerId))
    .innerJoin(teamMembers, eq(teamMembers.teamId, teams.id))
    .innerJoin(users, eq(users.id, teamMembers.userId))
    .where(and(
      'id' in team ? eq(teams.id, team.id) : eq(teams.externalId, team.externalId),
      'id' in user ? eq(users.id, user.id) : eq(users.externalId, user.externalId)))
  if (row === undefined) return undefined
  const { memberId, ...found } = row
  return { team: found, isOwner: found.owner.id === memberId }
}

/** The total number of members of these teams. A member of several teams, or of a repeated one, counts each time. */
export async function countMembers ({ sql }: Database, externalIds: string[]): Promise<number> {
  const [row] = await sql<Array<{ count: number }>>`
    select count(*)::int from unnest(${externalIds}::text[]) as wanted (external_id)
    join teams on teams.external_id = wanted.external_id join team_members on team_id = teams.id`
  return row?.count ?? 0
}

/**
 * Creates or updates the team: its name, its owner, and its members as a set. Creates unknown users. The team's connections
 * stay. A change of the owner is recorded for each connection. Throws DeletedUserError when a user was deleted meanwhile.
 */
export async function putTeam (
  database: Database, { externalId, name, ownerId, memberIds }: TeamInput
): Promise<TeamChange> {
  const userIds = [...new Set([ownerId, ...memberIds])]
  const known = await ensureUsers(database, userIds)
  const owner = known.get(ownerId)
  if (owner === undefined) throw new Error('A user that was made did not come back')
  const members = [...known.values()].sort()
  const id = newId()
  return database.sql.begin(async (sql) => {
    // Locks users in id order, like all other transactions, because rows that reference users lock them one by one.
    const locked = await sql`select from users where id = any (${members}::uuid[]) and deleted_at is null order by id for key share`
    if (locked.count < members.length) throw new DeletedUserError()
    const [before] = await sql<Array<{ ownerId: string, name: string }>>`
      select owner_id as "ownerId", name from teams where external_id = ${externalId} for update`
    const [team] = await sql<Array<{ id: string }>>`
      insert into teams (id, external_id, name, owner_id) values (${id}, ${externalId}, ${name}, ${owner})
      on conflict (external_id) do update set name = excluded.name, owner_id = excluded.owner_id,
        updated_at = case when (teams.name, teams.owner_id) = (excluded.name, excluded.owner_id) then teams.updated_at else now() end
      returning id`
    if (team === undefined) throw new Error('An upsert returned no row')
    // A separate statement, so it sees the members that a concurrent call, which held the lock until now, has added.
    const [changed] = await sql<Array<Pick<TeamChange, 'added' | 'removed'>>>`
      with gone as (
        delete from team_members where team_id = ${team.id} and user_id <> all (${members}::uuid[]) returning user_id
      ), come as (
        insert into team_members (team_id, user_id) select ${team.id}::uuid, id from unnest(${members}::uuid[]) as id
        on conflict do nothing returning user_id
      )
      select array(select user_id from come) as added, array(select user_id from gone) as removed`
    const hasNewOwner = before !== undefined && before.ownerId !== owner
    if (hasNewOwner) await noteTransfer(sql, team.id)
    return {
      id: team.id,
      isNew: team.id === id,
      isRenamed: before !== undefined && before.name !== name,
      newOwner: hasNewOwner ? owner : undefined,
      added: changed?.added ?? [],
      removed: changed?.removed ?? []
    }
  })
}

async function noteTransfer (sql: TransactionSql, teamId: string): Promise<void> {
  // A team has one connection per provider, so the list is short.
  const held = await sql<Array<{ id: string }>>`select id from connections where team_id = ${teamId} and status <> 'revoked' order by id`
  await sql`
    insert into connection_events (id, connection_id, event)
    select id, connection_id, 'connection.transferred'
    from unnest(${held.map(() => newId())}::uuid[], ${held.map(({ id }) => id)}::uuid[]) as event (id, connection_id)`
}
