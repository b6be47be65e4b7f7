import { readFile } from 'node:fs/promises'
import { isInUse, markNeedsReauth, refuseGrant } from '@carillon/shared/grants'
import { putTeam } from '@carillon/shared/teams'
import { listConnections } from '@carillon/shared/connections'
import { claimSegment, dispatchWaiting, listDeliveries, listUserDeliveries, releaseParked, settle } from '@carillon/shared/deliveries'
import { findNotification, findNotificationProgress, listNotifications, previewAudience } from '@carillon/shared/notifications'
import { backends } from '@carillon/testing'
import t from 'tap'
import { reconcile } from '../src/maintenance/reconcile.ts'
import { refreshAhead } from '../src/maintenance/refresh-ahead.ts'
import { cutSegments, openPlan } from '../src/planning/segments.ts'
import { countRowsRead } from './count-rows-read.ts'
import { everyList } from './every-list.ts'
import { explaining } from './explain.ts'
import { fillDatabase } from './fill-database.ts'
import { startTestStack } from './start-test-stack.ts'

const tables = ['deliveries', 'segments', 'claims', 'notifications', 'connections', 'grants', 'progress']

const [postgres] = await backends()
if (postgres === undefined) throw new Error('PostgreSQL is always there')
const stack = await startTestStack(t, await postgres.open(t), { start: false, offer: ['pushbullet', 'pumpio', 'blotre'] })
const { sql } = stack.database
// Some inserts take longer than the time limit of an ordinary statement.
const slow = stack.database.openWithLongTimeout()
const filled = await fillDatabase(slow).finally(() => slow.close())
const { broadcast, spread, unplanned, claim, waitedFor, teamUser } = filled
const { database, plans } = explaining(stack.database)
const services = { ...stack.services, database }
const providers = [...services.providers.keys()]

const [{ teamGrant } = { teamGrant: '' }] = await sql<Array<{ teamGrant: string }>>`
  select grant_id as "teamGrant" from connections where team_id is not null limit 1`

/** Each index, with work that needs it. */
const uses: Record<string, () => Promise<unknown>> = {
  deliveries_notification_id_connection_id_pk: () => listDeliveries(database, broadcast, { limit: 50 }),
  deliveries_due: () => dispatchWaiting(database, services.queues, providers),
  deliveries_connection: () => listUserDeliveries(database, 'user-102', { limit: 50 }),
  deliveries_waiting: () => releaseParked(database, [waitedFor]),
  segments_notification_id_provider_number_pk: () => claimSegment(database, {
    provider: 'pushbullet', segment: { notificationId: spread, number: 3 }, max: 500, restMs: 0, leaseMs: 60_000
  }),
  segments_due: () => reconcile(services),
  claims_pkey: () => settle(database, { claimId: claim, settlements: [], isLast: false, now: Date.now() }),
  notifications_pkey: () => findNotification(database, broadcast),
  notifications_scheduled: () => listNotifications(database, { status: 'scheduled' }, { limit: 50 }),
  notifications_paused: () => listNotifications(database, { status: 'paused' }, { limit: 50 }),
  notifications_canceled: () => listNotifications(database, { status: 'canceled' }, { limit: 50 }),
  notifications_unplanned: () => reconcile(services),
  connections_pkey: () => listDeliveries(database, broadcast, { limit: 50 }),
  connections_user_account: () => previewAudience(database, { userIds: ['user-1', 'user-2'] }, providers, new Map()),
  connections_team_account: () => putTeam(database, { externalId: 'team-7', name: 'Seven', ownerId: 'user-8', memberIds: [] }),
  connections_account: () => isInUse(database, { provider: 'pumpio', accountId: 'team-7' }, 'account'),
  // The condition of closeAccount. Only tagged SQL is explained.
  connections_granted_by: async () => {
    await database.sql`select id from connections where provider = 'pumpio' and (account_id = 'team-7' or granted_by = 'team-7')`
  },
  // PostgreSQL runs this query itself when a user is deleted.
  connections_connected_by_user: async () => { await database.sql`update connections set connected_by = null where connected_by = ${teamUser}` },
  connections_provider_id: async () => {
    await openPlan(database, unplanned, ['blotre'])
    await cutSegments(database, { notificationId: unplanned, provider: 'blotre', size: 500, secondsEach: 0, limit: 2 })
  },
  connections_active: () => listConnections(database, { provider: 'blotre', status: 'active' }, { limit: 50 }),
  connections_inactive: () => listConnections(database, { status: 'needsReauth' }, { limit: 50 }),
  connections_grant: () => markNeedsReauth(database, { grantId: teamGrant, credentialsVersion: 1, reason: 'refused' }),
  grants_pkey: () => claimSegment(database, {
    provider: 'pushbullet', segment: { notificationId: spread, number: 4 }, max: 500, restMs: 0, leaseMs: 60_000
  }),
  grants_provider_key: () => refuseGrant(database, { provider: 'slack', key: 'T1', reason: 'removed', at: new Date() }),
  grants_expires_at: () => refreshAhead(services),
  progress_notification_id_provider_pk: () => findNotificationProgress(database, broadcast)
}

/** Maps indexes of partitions to the index of the parent table. */
const parents = new Map((await sql<Array<{ child: string, parent: string }>>`
  select child.relname as child, parent.relname as parent
  from pg_inherits join pg_class as child on child.oid = inhrelid join pg_class as parent on parent.oid = inhparent`)
  .map(({ child, parent }) => [child, parent]))

/**
 * Partitions for which an index is faster. The coming weeks are empty, the oldest may hold the rows of an hour, and early in a
 * week the latest holds little but one broadcast.
 */
const partitions = (await sql<Array<{ name: string }>>`
  select name from (
    select tableoid::regclass::text as name, count(*) as size from deliveries group by tableoid, notification_id
  ) as notification
  group by name having sum(size) >= 1000 and max(size) < 0.9 * sum(size)`).map(({ name }) => name)

const documentation = await readFile(new URL('../../../docs/delivery.md', import.meta.url), 'utf8')

// The docs show the plans of PostgreSQL 18. Older versions print some conditions differently.
const [{ version = 0 } = {}] = await sql<Array<{ version: number }>>`select current_setting('server_version_num')::int as version`
const isDocumented = version >= 180_000

for (const [index, use] of Object.entries(uses)) {
  t.test(`${index} is used as documented`, async (t) => {
    const found = await scansOf(use)
    const scans = found.filter(({ name }) => name === index)
    t.not(scans.length, 0, `among ${JSON.stringify(found)}`)
    if (!isDocumented) return
    const documented = documentation.split('\n').find((line) => line.startsWith(`| \`${index}\``)) ?? ''
    t.ok(scans.some(({ condition }) => documented.includes(`\`${condition}\``)), `${documented} tells of one of ${JSON.stringify(scans)}`)
  })
}

t.test('every index is used', async (t) => {
  const rows = await sql<Array<{ name: string }>>`
    select indexname as name from pg_indexes where schemaname = 'public' and tablename = any (${tables}) order by 1`
  t.same(rows.map(({ name }) => name), Object.keys(uses).sort())
})

t.test('no frequent statement reads all deliveries', async (t) => {
  await scansOf(async () => { for (const use of Object.values(uses)) await use() })
  const whole = plans.filter((lines) => lines.some((line) => partitions.some((name) => line.includes(`Seq Scan on ${name}`))))
  t.ok(partitions.length > 2)
  t.same(whole, [])
})

t.test('no list reads more rows than a page needs, whatever its filters', async (t) => {
  let all = 0
  const analyzing = explaining(stack.database, 'analyze, costs off, timing off, summary off')
  for (const { name, max, run } of everyList(analyzing.database, filled)) {
    analyzing.plans.length = 0
    await run()
    t.not(analyzing.plans.length, 0, name)
    const read = analyzing.plans.reduce((sum, lines) => sum + countRowsRead(lines), 0)
    all += read
    t.ok(read <= max, `${name} reads ${read} rows${read <= max ? '' : `\n${analyzing.plans.flat().join('\n')}`}`)
  }
  t.ok(all > 100_000, 'the rows are counted')
})

interface Scan {
  name: string
  /** The condition of a plan line, without values and the planner's numbers. */
  condition: string
}

async function scansOf (use: () => Promise<unknown>): Promise<Scan[]> {
  plans.length = 0
  await use()
  return plans.flatMap((lines) => lines.flatMap((line, place) => {
    const name = /Index (?:Only )?Scan (?:Backward )?using (\S+)|Bitmap Index Scan on (\S+)/.exec(line)?.slice(1).find(Boolean)
    if (name === undefined) return []
    const condition = /Index Cond: (.+)$/.exec(lines[place + 1] ?? '')?.[1] ?? 'all of it'
    return [{ name: parents.get(name) ?? name, condition: withoutValues(condition) }]
  }))
}

function withoutValues (condition: string): string {
  return condition.replaceAll(/'[^']*'/g, "'…'").replaceAll(/\b([a-z]+)_\d+\b/g, '$1')
}
