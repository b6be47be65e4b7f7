import type { ConnectionCounts } from '../connections/count-statuses.ts'
import { countStatuses } from '../connections/count-statuses.ts'
import { siteIdConditions } from '../db/index.ts'
import type { Database, SiteIdPage } from '../db/index.ts'

/** A team with the number of its members, and with what it has connected. Ids of users are the site's. */
export interface TeamSummary {
  id: string
  externalId: string
  name: string
  ownerId: string
  memberCount: number
  connections: ConnectionCounts
  createdAt: Date
}

/** Lists up to `limit` teams in the order of the site's ids. */
export async function listTeams ({ sql }: Database, page: SiteIdPage): Promise<TeamSummary[]> {
  const rows = await sql<Array<Omit<TeamSummary, 'createdAt'> & { createdAt: string }>>`
    select teams.id, teams.external_id as "externalId", name, teams.created_at as "createdAt",
      (select external_id from users where users.id = owner_id) as "ownerId",
      (select count(*)::int from team_members where team_id = teams.id) as "memberCount",
      (select ${countStatuses(sql)} from connections where team_id = teams.id) as connections
    from (
      select * from teams where true ${siteIdConditions(sql, page)} order by external_id collate "C" limit ${page.limit}
    ) as teams
    order by teams.external_id collate "C"`
  return rows.map(({ createdAt, ...row }) => ({ ...row, createdAt: new Date(createdAt) }))
}
