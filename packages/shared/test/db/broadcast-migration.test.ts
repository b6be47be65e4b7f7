import { earlierDatabase, emptyDatabase } from '@carillon/testing'
import t from 'tap'
import type { Test } from 'tap'
import { v7 } from 'uuid'
import { deliveryStates, migrateDatabase, openDatabase } from '../../src/db/index.ts'
import type { Database } from '../../src/db/index.ts'

const weekMs = 7 * 24 * 3600_000
const lastMonth = Date.now() - 5 * weekMs

/** A database of the version before broadcasts. */
async function openBefore (t: Test): Promise<Database & { url: string }> {
  const { url } = await earlierDatabase(t, '0002')
  const database = openDatabase({ url, max: 1 })
  t.teardown(() => database.close())
  return { ...database, url }
}

t.test('migrates data from before broadcasts', async (t) => {
  const { sql, url } = await openBefore(t)
  const people = { pushbullet: v7(), pumpio: v7(), revoked: v7() }
  await sql`insert into users (id, external_id) select gen_random_uuid(), name from unnest(${['ann', 'bob', 'cleo']}::text[]) as name`
  await sql`
    insert into connections (id, user_id, provider, status, status_reason, account_id, account_name, credentials, created_at, updated_at)
    select row.id::uuid, users.id, provider, status, reason, account, 'name', case when reason is null then 'sealed' end, '2026-01-01', '2026-02-02'
    from (values (${people.pushbullet}, 'ann', 'pushbullet', 'active', null, 'a@b.example'), (${people.pumpio}, 'bob', 'pumpio', 'active', null, 'bob@pump.example'),
      (${people.revoked}, 'cleo', 'pushbullet', 'revoked', 'disconnected', 'c')) as row (id, user_id, provider, status, reason, account)
    join users on external_id = user_id`
  const ids = [v7({ msecs: lastMonth }), v7()]
  await sql`
    insert into notifications (id, origin, audience, message, created_at)
    select id, 'api', '{"userIds": ["ann"]}', '{"type": "note"}', now() - interval '1 day' from unnest(${ids}::uuid[]) as id`

  const connectionIds = deliveryStates.map(() => v7())
  await sql`
    insert into connections (id, user_id, provider, status, account_id, account_name, credentials)
    select row.id, users.id, 'p' || place, 'active', 'a', 'n', 'sealed'
    from unnest(${connectionIds}::uuid[]) with ordinality as row (id, place) join users on external_id = 'ann'`
  const claimIds = { [ids[0] ?? '']: v7(), [ids[1] ?? '']: v7() }
  for (const id of ids) {
    await sql`
      insert into deliveries (notification_id, connection_id, provider, state, attempts, due_at, job_id, claim_id, claimed_until, reason, receipt, history, created_at, updated_at)
      select ${id}::uuid, connection_id, 'pushbullet', state, 1, case when state in ('queued', 'retrying') then '2030-01-01'::timestamptz end,
        case when state = 'queued' then 'job-1' end, case when state = 'sending' then ${claimIds[id] ?? ''}::uuid end,
        case when state = 'sending' then '2030-01-02'::timestamptz end, case when state not in ('queued', 'sending', 'sent') then 'because' end,
        case when state = 'sent' then '{"id": "p1"}'::jsonb end, '[{"event": "queued"}]', '2026-03-03', '2026-04-04'
      from unnest(${connectionIds}::uuid[], ${[...deliveryStates]}::text[]) as row (connection_id, state)`
  }
  const columns = ['notification_id', 'connection_id', 'provider', 'state', 'attempts', 'due_at', 'job_id', 'claim_id', 'reason', 'receipt', 'history', 'created_at', 'updated_at']
  const rows = async () => [...await sql`select ${sql(columns)} from deliveries order by notification_id, connection_id`]
  const before = await rows()
  t.equal(before.length, 2 * deliveryStates.length)

  await migrateDatabase({ url })

  t.same(await rows(), before, 'every delivery is unchanged')
  const parked = await sql`select distinct state, parked_at = updated_at as "sinceThen" from deliveries where parked_at is not null`
  t.same(parked, [{ state: 'parked', sinceThen: true }])
  const placed = await sql<Array<{ partition: string }>>`select tableoid::regclass::text as partition from deliveries group by 1`
  t.equal(placed.length, 2, 'each week has its own partition')
  const claims = await sql`select id, provider, notification_ids, first_id, last_id, until = '2030-01-02' as "isSame" from claims order by notification_ids`
  const held = connectionIds[deliveryStates.indexOf('sending')] ?? ''
  t.same(claims, ids.map((id) => ({
    id: claimIds[id] ?? '', provider: 'pushbullet', notification_ids: [id], first_id: held, last_id: held, isSame: true
  })), 'deliveries that were being sent still are')
  t.match(await sql`select planned_at = created_at as planned, paused_at, canceled_at, spread_seconds from notifications`,
    ids.map(() => ({ planned: true, paused_at: null, canceled_at: null, spread_seconds: null })), 'no worker plans them again')
  const connections = await sql`
    select id, host, connected_at = created_at as "sinceThen", disconnected_at = updated_at as "untilThen" from connections
    where id = any (${Object.values(people)}) order by id`
  t.same(connections, [
    { id: people.pushbullet, host: '', sinceThen: true, untilThen: null },
    { id: people.pumpio, host: 'pump.example', sinceThen: true, untilThen: null },
    { id: people.revoked, host: '', sinceThen: true, untilThen: true }
  ])
  t.same(await sql`select from pg_class where relname = 'deliveries_before'`, [])
})

t.test('has partitions from the oldest notification to the next weeks, without a gap', async (t) => {
  const { sql, url } = await openBefore(t)
  await sql`
    insert into notifications (id, origin, audience, message) values (${v7({ msecs: lastMonth })}, 'api', '{"userIds": []}', '{"type": "note"}')`
  await migrateDatabase({ url })
  const bounds = await sql<Array<{ name: string, from: string, to: string }>>`
    select relname as name, bound[1] as from, bound[2] as to from pg_class,
      regexp_match(pg_get_expr(relpartbound, oid), 'FROM \\(''(.+)''\\) TO \\(''(.+)''\\)') as bound
    where relispartition and relkind = 'r' order by 2`
  t.ok(bounds.length >= 10, `${bounds.length} weeks`)
  t.ok(bounds.every(({ name }) => /^deliveries_\d{4}w\d\d$/.test(name)))
  for (const [index, { to }] of bounds.slice(0, -1).entries()) t.equal(bounds[index + 1]?.from, to)
  for (const weeks of [-5, -1, 0, 1, 4]) {
    const id = v7({ msecs: Date.now() + weeks * weekMs })
    await sql`
      insert into deliveries (notification_id, connection_id, provider, state, due_at) values (${id}, gen_random_uuid(), 'pushbullet', 'queued', now())`
  }
  const [fill] = await sql<[{ max: number }]>`
    select max(option_value::int) as max from pg_class cross join lateral pg_options_to_table(reloptions)
    where relispartition and relkind = 'r' and option_name = 'fillfactor'`
  t.ok(fill.max <= 50, 'at least half of each page is free for updates')
})

t.test('creates partitions once, and for every requested week', async (t) => {
  const { url } = await emptyDatabase(t)
  await migrateDatabase({ url })
  const { sql, close } = openDatabase({ url, max: 1 })
  t.teardown(close)
  const ensure = async (since: string, until: string): Promise<number | undefined> =>
    (await sql<Array<{ made: number }>>`select ensure_delivery_partitions(${since}::timestamptz, ${until}::timestamptz) as made`)[0]?.made
  t.equal(await ensure(new Date().toISOString(), new Date(Date.now() + 4 * weekMs).toISOString()), 0, 'the next weeks exist')
  t.equal(await ensure('2020-12-28T00:00:00Z', '2021-01-04T00:00:00Z'), 2, 'the last week of a long year and the first of the next')
  t.equal(await ensure('2020-12-30T12:00:00Z', '2021-01-08T12:00:00Z'), 0)
  t.equal(await ensure('2021-01-10T23:59:59Z', '2021-01-11T00:00:00Z'), 1)
  const names = await sql<Array<{ name: string }>>`select relname as name from pg_class where relispartition and relkind = 'r' and relname < 'deliveries_2022'`
  t.same(names.map(({ name }) => name).sort(), ['deliveries_2020w53', 'deliveries_2021w01', 'deliveries_2021w02'])
})

t.test('reads the time of an id and makes the smallest id of a time', async (t) => {
  const { url } = await emptyDatabase(t)
  await migrateDatabase({ url })
  const { sql, close } = openDatabase({ url, max: 1 })
  t.teardown(close)
  const timeOf = async (id: string): Promise<number | undefined> =>
    (await sql<Array<{ ms: number }>>`select round(extract(epoch from uuid_time(${id})) * 1000)::float8 as ms`)[0]?.ms
  const since = async (ms: number): Promise<string | undefined> =>
    (await sql<Array<{ id: string }>>`select uuid_since(${new Date(ms).toISOString()}::timestamptz) as id`)[0]?.id
  for (const msecs of [0, 1, Date.parse('2026-11-22T12:34:56.789Z'), Date.parse('2100-01-01T00:00:00Z')]) {
    t.equal(await timeOf(v7({ msecs })), msecs)
    const least = await since(msecs) ?? ''
    t.equal(await timeOf(least), msecs)
    t.ok(least <= v7({ msecs, seq: 0, random: new Uint8Array(16) }), 'no id of that time is smaller')
    if (msecs > 0) t.ok(least > v7({ msecs: msecs - 1, seq: 0x7FFFFFFF, random: new Uint8Array(16).fill(255) }), 'all earlier ids are')
  }
})
