import type { ConnectionCounts } from '../connections/count-statuses.ts'
import { countStatuses } from '../connections/count-statuses.ts'
import { siteIdConditions } from '../db/index.ts'
import type { Database, SiteIdPage } from '../db/index.ts'
import type { User } from './users.ts'

/** A user with what the user has connected. */
export interface UserSummary extends User {
  createdAt: Date
  connections: ConnectionCounts
}

/** Lists up to `limit` users in the order of the site's ids. */
export async function listUsers ({ sql }: Database, page: SiteIdPage): Promise<UserSummary[]> {
  const rows = await selectSummaries(sql, sql`
    select * from users where deleted_at is null ${siteIdConditions(sql, page)} order by external_id collate "C" limit ${page.limit}`)
  return rows.map(toSummary)
}

export async function findUserSummary ({ sql }: Database, externalId: string): Promise<UserSummary | undefined> {
  const [row] = await selectSummaries(sql, sql`select * from users where external_id = ${externalId} and deleted_at is null`)
  return row === undefined ? undefined : toSummary(row)
}

type SummaryRow = Omit<UserSummary, 'createdAt'> & { createdAt: string }

function selectSummaries (sql: Database['sql'], source: ReturnType<Database['sql']>) {
  return sql<SummaryRow[]>`
    select users.id, external_id as "externalId", display_name as "displayName", users.created_at as "createdAt",
      (select ${countStatuses(sql)} from connections where user_id = users.id) as connections
    from (${source}) as users order by external_id collate "C"`
}

function toSummary ({ createdAt, ...row }: SummaryRow): UserSummary {
  return { ...row, createdAt: new Date(createdAt) }
}
