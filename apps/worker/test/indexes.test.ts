import { readFile } from 'node:fs/promises'
import { isConnected } from '@carillon/shared/connections'
import { putTeam } from '@carillon/shared/teams'
import { claimSegment, dispatchWaiting, listDeliveries, releaseParked, settle } from '@carillon/shared/deliveries'
import { findNotification, findNotificationProgress, previewAudience } from '@carillon/shared/notifications'
import { backends } from '@carillon/testing'
import t from 'tap'
import { reconcile } from '../src/maintenance/reconcile.ts'
import { refreshAhead } from '../src/maintenance/refresh-ahead.ts'
import { cutSegments, openPlan } from '../src/planning/segments.ts'
import { explaining } from './explain.ts'
import { fillDatabase } from './fill-database.ts'
import { startTestStack } from './start-test-stack.ts'

// A hundred thousand rows and more are made, on whatever machine this is.
t.setTimeout(400_000)

const tables = ['deliveries', 'segments', 'claims', 'notifications', 'connections', 'progress']

const [postgres] = await backends()
if (postgres === undefined) throw new Error('PostgreSQL is always there')
const engine = await startTestStack(t, await postgres.open(t), { start: false, offer: ['pushbullet', 'pumpio', 'blotre'] })
const { sql } = engine.database
const { broadcast, spread, unplanned, claim, waitedFor, teamUser } = await fillDatabase(engine.database)
const { database, plans } = explaining(engine.database)
const services = { ...engine.services, database }
const providers = [...services.providers.keys()]

/** Each index, and something that needs it. */
const uses: Record<string, () => Promise<unknown>> = {
  deliveries_notification_id_connection_id_pk: () => listDeliveries(database, broadcast, { limit: 50 }),
  deliveries_due: () => dispatchWaiting(database, services.queues, providers),
  deliveries_waiting: () => releaseParked(database, [waitedFor]),
  segments_notification_id_provider_number_pk: () => claimSegment(database, {
    provider: 'pushbullet', segment: { notificationId: spread, number: 3 }, max: 500, restMs: 0, leaseMs: 60_000
  }),
  segments_due: () => reconcile(services),
  claims_pkey: () => settle(database, { claimId: claim, settlements: [], isLast: false, now: Date.now() }),
  notifications_pkey: () => findNotification(database, broadcast),
  notifications_unplanned: () => reconcile(services),
  connections_pkey: () => listDeliveries(database, broadcast, { limit: 50 }),
  connections_user_provider: () => previewAudience(database, { userIds: ['user-1', 'user-2'] }, providers, new Map()),
  connections_team_provider: () => putTeam(database, { externalId: 'team-7', name: 'Seven', ownerId: 'user-8', memberIds: [] }),
  connections_account: () => isConnected(database, 'pumpio', 'team-7'),
  // PostgreSQL asks for that itself when a user is deleted.
  connections_connected_by_user: async () => { await database.sql`update connections set connected_by = null where connected_by = ${teamUser}` },
  connections_provider_id: async () => {
    await openPlan(database, unplanned, ['blotre'])
    await cutSegments(database, { notificationId: unplanned, provider: 'blotre', size: 500, secondsEach: 0, limit: 2 })
  },
  connections_expires_at: () => refreshAhead(services),
  progress_notification_id_provider_pk: () => findNotificationProgress(database, broadcast)
}

/** Indexes of partitions by the name of the one they are parts of. */
const parents = new Map((await sql<Array<{ child: string, parent: string }>>`
  select child.relname as child, parent.relname as parent
  from pg_inherits join pg_class as child on child.oid = inhrelid join pg_class as parent on parent.oid = inhparent`)
  .map(({ child, parent }) => [child, parent]))

/**
 * Those of a size at which an index pays. The weeks to come are empty, and the oldest may hold the rows of an hour, which
 * PostgreSQL rightly reads as a whole.
 */
const partitions = (await sql<Array<{ name: string }>>`
  select relname as name from pg_inherits join pg_class on pg_class.oid = inhrelid
  where inhparent = 'deliveries'::regclass and reltuples >= 1000`).map(({ name }) => name)

const documentation = await readFile(new URL('../../../docs/delivery.md', import.meta.url), 'utf8')

// The page shows the plans of PostgreSQL 18; older versions write some conditions in another way.
const [{ version = 0 } = {}] = await sql<Array<{ version: number }>>`select current_setting('server_version_num')::int as version`
const isDocumented = version >= 180_000

for (const [index, use] of Object.entries(uses)) {
  t.test(`${index} is used, in the way that is told`, async (t) => {
    const found = await scansOf(use)
    const scans = found.filter(({ name }) => name === index)
    t.not(scans.length, 0, `among ${JSON.stringify(found)}`)
    if (!isDocumented) return
    const told = documentation.split('\n').find((line) => line.startsWith(`| \`${index}\``)) ?? ''
    t.ok(scans.some(({ condition }) => told.includes(`\`${condition}\``)), `${told} tells of one of ${JSON.stringify(scans)}`)
  })
}

t.test('there is no index without a use', async (t) => {
  const rows = await sql<Array<{ name: string }>>`
    select indexname as name from pg_indexes where schemaname = 'public' and tablename = any (${tables}) order by 1`
  t.same(rows.map(({ name }) => name), Object.keys(uses).sort())
})

t.test('nothing that is done all the time reads all deliveries', async (t) => {
  await scansOf(async () => { for (const use of Object.values(uses)) await use() })
  const whole = plans.filter((lines) => lines.some((line) => partitions.some((name) => line.includes(`Seq Scan on ${name}`))))
  t.ok(partitions.length > 2)
  t.same(whole, [])
})

interface Scan {
  name: string
  /** What it looks for, without the values and the planner's numbers. */
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
