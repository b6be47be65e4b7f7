import { aliasedTable, and, asc, eq } from 'drizzle-orm'
import type { TransactionSql } from 'postgres'
import { newId, teamMembers, teams, users } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import { ensureUsers } from '../users/index.ts'
import type { User } from '../users/index.ts'

export interface Team {
  id: string
  /** The site's own id. */
  externalId: string
  name: string
  owner: User
  createdAt: Date
}

/** A team, and what one of its members is to it. */
export interface Membership {
  team: Team
  isOwner: boolean
}

/** What the site says of a team; users by the site's ids. */
export interface TeamInput {
  externalId: string
  name: string
  ownerId: string
  /** The owner is a member whether named here or not. */
  memberIds: string[]
}

const owners = aliasedTable(users, 'owners')
const columns = {
  id: teams.id,
  externalId: teams.externalId,
  name: teams.name,
  owner: { id: owners.id, externalId: owners.externalId, displayName: owners.displayName },
  createdAt: teams.createdAt
}

/** The team that the site knows as `externalId`. */
export async function findTeam ({ db }: Database, externalId: string): Promise<Team | undefined> {
  const [team] = await db.select(columns).from(teams).innerJoin(owners, eq(owners.id, teams.ownerId))
    .where(eq(teams.externalId, externalId))
  return team
}

/** The site's ids of a team's members, in their order. */
export async function listMemberIds ({ db }: Database, teamId: string): Promise<string[]> {
  const rows = await db.select({ externalId: users.externalId }).from(teamMembers)
    .innerJoin(users, eq(users.id, teamMembers.userId)).where(eq(teamMembers.teamId, teamId)).orderBy(asc(users.externalId))
  return rows.map(({ externalId }) => externalId)
}

/**
 * What a user is to a team right now, each named by Carillon's id or by the site's; undefined when there is no such team, or
 * the user is not in it: nobody is told which.
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

/** How many members these teams have together; whoever is in several of them, or whose team is named twice, counts each time. */
export async function countMembers ({ sql }: Database, externalIds: string[]): Promise<number> {
  const [row] = await sql<Array<{ count: number }>>`
    select count(*)::int from unnest(${externalIds}::text[]) as wanted (external_id)
    join teams on teams.external_id = wanted.external_id join team_members on team_id = teams.id`
  return row?.count ?? 0
}

/**
 * Makes the team, or makes it what the site says it is: its name, its owner, and its members as a set. Users who are new are
 * made. What the team has connected stays connected; when it gets another owner, that is noted with each connection.
 */
export async function putTeam (
  database: Database, { externalId, name, ownerId, memberIds }: TeamInput
): Promise<{ isNew: boolean }> {
  const userIds = [...new Set([ownerId, ...memberIds])]
  const known = await ensureUsers(database, userIds)
  const owner = known.get(ownerId)
  if (owner === undefined) throw new Error('A user that was made did not come back')
  const members = [...known.values()].sort()
  const id = newId()
  return database.sql.begin(async (sql) => {
    // In one order, as everybody locks users: rows that refer to them lock them one by one.
    await sql`select from users where id = any (${members}::uuid[]) order by id for key share`
    const [before] = await sql<Array<{ ownerId: string }>>`select owner_id as "ownerId" from teams where external_id = ${externalId} for update`
    const [team] = await sql<Array<{ id: string }>>`
      insert into teams (id, external_id, name, owner_id) values (${id}, ${externalId}, ${name}, ${owner})
      on conflict (external_id) do update set name = excluded.name, owner_id = excluded.owner_id,
        updated_at = case when (teams.name, teams.owner_id) = (excluded.name, excluded.owner_id) then teams.updated_at else now() end
      returning id`
    if (team === undefined) throw new Error('An upsert returned no row')
    // A statement of its own: it has to see whom another call, which held the team until now, has put in.
    await sql`
      with gone as (
        delete from team_members where team_id = ${team.id} and user_id <> all (${members}::uuid[])
      )
      insert into team_members (team_id, user_id) select ${team.id}::uuid, id from unnest(${members}::uuid[]) as id
      on conflict do nothing`
    if (before !== undefined && before.ownerId !== owner) await noteTransfer(sql, team.id)
    return { isNew: team.id === id }
  })
}

async function noteTransfer (sql: TransactionSql, teamId: string): Promise<void> {
  // One per provider, so there are never more than a few.
  const held = await sql<Array<{ id: string }>>`select id from connections where team_id = ${teamId} and status <> 'revoked' order by id`
  await sql`
    insert into connection_events (id, connection_id, event)
    select id, connection_id, 'connection.transferred'
    from unnest(${held.map(() => newId())}::uuid[], ${held.map(({ id }) => id)}::uuid[]) as event (id, connection_id)`
}
