import type { Database } from '../db/index.ts'
import { isBroadcast } from './draft.ts'
import type { Audience } from './draft.ts'

interface ProviderPreview {
  provider: string
  /** Connections that can receive the notification, those that must wait for their users to reconnect, and muted ones. */
  reachable: number
  parked: number
  muted: number
}

export interface Preview {
  providers: ProviderPreview[]
  /** The number of unknown users and teams, and of users without a suitable connection. */
  unreachable: number
  /** The estimated duration. Null when a provider has no earlier broadcast to measure. */
  estimatedSeconds: number | null
}

/** The current reach of this audience through these providers. `perSecond` contains the providers' limits. */
export async function previewAudience (
  database: Database, audience: Audience, providers: string[], perSecond: ReadonlyMap<string, number>
): Promise<Preview> {
  const found = isBroadcast(audience) ? await countEveryone(database, providers) : await countNamed(database, audience, providers)
  const measured = await measureSpeeds(database, providers)
  const seconds = found.providers.map(({ provider, reachable }) => {
    const speed = perSecond.get(provider) ?? measured.get(provider)
    return reachable === 0 ? 0 : speed === undefined ? null : reachable / speed
  })
  return { ...found, estimatedSeconds: seconds.includes(null) ? null : Math.ceil(Math.max(0, ...seconds.map(Number))) }
}

type Counted = Omit<Preview, 'estimatedSeconds'>

async function countNamed (
  { sql }: Database, audience: Exclude<Audience, { everyone: true }>, providers: string[]
): Promise<Counted> {
  const { userIds, teamIds } = { userIds: [], teamIds: [], ...audience }
  const [row] = await sql<Counted[]>`
    with team as (
      select distinct wanted.external_id, teams.id from unnest(${teamIds}::text[]) as wanted (external_id)
      left join teams on teams.external_id = wanted.external_id
    ), wanted as (
      select external_id from unnest(${userIds}::text[]) as wanted (external_id)
      union
      select users.external_id from team join team_members on team_id = team.id join users on users.id = user_id
    ), listed as (
      select connections.provider, connections.status, connections.muted, users.external_id
      from wanted
      join users on users.external_id = wanted.external_id
      join connections on connections.user_id = users.id and connections.status <> 'revoked'
        and connections.provider = any (${providers}::text[])
    ), counted as (
      select wanted.provider, ${countConnections(sql)}
      from unnest(${providers}::text[]) with ordinality as wanted (provider, position) left join listed on listed.provider = wanted.provider
      group by wanted.provider, position order by position
    )
    select (select coalesce(jsonb_agg(counted), '[]') from counted) as providers,
      (select count(*)::int from wanted) - (select count(distinct external_id)::int from listed)
        + (select count(*)::int from team where id is null) as unreachable`
  return row ?? { providers: [], unreachable: 0 }
}

async function countEveryone ({ sql }: Database, providers: string[]): Promise<Counted> {
  const counted = await sql<ProviderPreview[]>`
    select wanted.provider, ${countConnections(sql)}
    from unnest(${providers}::text[]) with ordinality as wanted (provider, position)
    left join connections on connections.provider = wanted.provider and connections.status <> 'revoked' and connections.user_id is not null
    group by wanted.provider, position order by position`
  return { providers: [...counted], unreachable: 0 }
}

/** Counts the rows of open connections by what would become of their deliveries. */
function countConnections (sql: Database['sql']) {
  return sql`count(*) filter (where status = 'active' and muted is null)::int as reachable,
    count(*) filter (where status = 'needsReauth' and muted is null)::int as parked, count(muted)::int as muted`
}

/**
 * Deliveries per second at each provider, measured by the fastest of its last ten broadcasts. A broadcast that was paused or
 * had slow deliveries does not predict the next one.
 */
async function measureSpeeds ({ sql }: Database, providers: string[]): Promise<Map<string, number>> {
  const rows = await sql<Array<{ provider: string, speed: number | null }>>`
    select wanted.provider, (
      select max(sent / greatest(0.001, extract(epoch from ended_at - started_at)))::float8 from (
        select sent, started_at, ended_at from progress join notifications on notifications.id = notification_id
        where progress.provider = wanted.provider and ended_at is not null and sent > 0 and spread_seconds is null
        order by notification_id desc limit 10
      ) as latest
    ) as speed
    from unnest(${providers}::text[]) as wanted (provider)`
  return new Map(rows.flatMap(({ provider, speed }) => speed === null ? [] : [[provider, speed]]))
}
