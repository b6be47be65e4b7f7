import type { Database } from '../db/index.ts'
import { findConnections } from './read.ts'
import type { Connection, ConnectionStatus } from './read.ts'

export interface ConnectionFilter {
  /** The site's id of the user who owns the connection. */
  userId?: string | undefined
  /** The site's id of the team that owns the connection. */
  teamId?: string | undefined
  /** Carillon's id of a user: only connections of the user and of the user's teams. */
  visibleTo?: string | undefined
  provider?: string | undefined
  /** `open`: those that are not revoked. */
  status?: ConnectionStatus | 'open' | undefined
}

/** Lists up to `limit` connections after the id `after`, in the order of their ids, which is the order of creation. */
export async function listConnections (
  database: Database, filter: ConnectionFilter, { limit, after }: { limit: number, after?: string | undefined }
): Promise<Connection[]> {
  const { userId, teamId, visibleTo, provider, status } = filter
  const hasOnlyStatus = [userId, teamId, visibleTo, provider].every((one) => one === undefined)
  const ids = hasOnlyStatus && status !== undefined && status !== 'open'
    ? await listByStatus(database.sql, status, { limit, after })
    : await listMatching(database.sql, filter, { limit, after })
  return await findConnections(database, ids.map(({ id }) => id))
}

interface Page {
  limit: number
  after: string | undefined
}

type Sql = Database['sql']

async function listMatching (
  sql: Sql, { userId, teamId, visibleTo, provider, status }: ConnectionFilter, { limit, after }: Page
): Promise<Array<{ id: string }>> {
  return await sql<Array<{ id: string }>>`
    select connections.id from connections
    ${userId === undefined ? sql`` : sql`join users on users.id = user_id and users.external_id = ${userId}`}
    ${teamId === undefined ? sql`` : sql`join teams on teams.id = team_id and teams.external_id = ${teamId}`}
    where ${isAfter(sql, after)}
      ${visibleTo === undefined ? sql`` : sql`and connections.id = any (array(${visibleIds(sql, visibleTo)}))`}
      ${provider === undefined ? sql`` : sql`and provider = ${provider}`}
      ${status === undefined ? sql`` : status === 'open' ? sql`and status <> 'revoked'` : sql`and ${hasStatus(sql, status)}`}
    order by connections.id limit ${limit}`
}

/** Reads each provider by itself, in the order of the index. Otherwise a page of a rare status would read all connections. */
async function listByStatus (sql: Sql, status: ConnectionStatus, { limit, after }: Page): Promise<Array<{ id: string }>> {
  return await sql<Array<{ id: string }>>`
    with recursive held as (
      (select provider from connections where ${hasStatus(sql, status)} order by provider limit 1)
      union all
      select (
        select provider from connections
        where ${hasStatus(sql, status)} and connections.provider > held.provider order by provider limit 1
      ) from held where held.provider is not null
    )
    select found.id from held cross join lateral (
      select id from connections
      where ${hasStatus(sql, status)} and connections.provider = held.provider and ${isAfter(sql, after)} order by id limit ${limit}
    ) as found
    order by found.id limit ${limit}`
}

/** Repeats the condition of the partial index, which the planner cannot find in a parameter. */
function hasStatus (sql: Sql, status: ConnectionStatus) {
  return status === 'active' ? sql`status = 'active'` : sql`status <> 'active' and status = ${status}`
}

function isAfter (sql: Sql, after: string | undefined) {
  return after === undefined ? sql`true` : sql`connections.id > ${after}`
}

function visibleIds (sql: Sql, userId: string) {
  return sql`
    select id from connections where user_id = ${userId}
    union all
    select connections.id from team_members join connections on connections.team_id = team_members.team_id where team_members.user_id = ${userId}`
}
