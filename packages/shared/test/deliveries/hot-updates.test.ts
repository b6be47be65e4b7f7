import t from 'tap'
import type { Test } from 'tap'
import { claim } from '../../src/deliveries/sql/claims/claim.ts'
import { claimSegment } from '../../src/deliveries/sql/claims/claim-segment.ts'
import type { Claimed } from '../../src/deliveries/sql/claims/claim.ts'
import { sentOutcome } from '../../src/deliveries/outcome.ts'
import { settle } from '../../src/deliveries/sql/claims/settle.ts'
import { openRows } from './open-rows.ts'

const { database, frozen, insertNotification } = await openRows(t)
const { sql } = database

// An autovacuum that runs in this database at the wrong moment keeps old row versions alive, so that their space is not reused.
// That of a system table cannot be turned off, so a low share is measured again.
const maxTries = 3
const tables = await sql<Array<{ name: string }>>`
  select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`
for (const { name } of tables) await sql`alter table ${sql(name)} set (autovacuum_enabled = false)`

const connections = await sql<Array<{ id: string }>>`
  with made as (
    insert into users (id, external_id) select id, id::text from (select gen_random_uuid() as id from generate_series(1, 2000)) as ids returning id
  ), granted as (
    insert into grants (id, provider, status, credentials) select id, 'pushbullet', 'active', 'sealed' from made
  )
  insert into connections (id, user_id, provider, status, account_id, account_name, grant_id, connected_at)
  select id, id, 'pushbullet', 'active', id::text, id::text, id, now() - interval '1 hour' from made returning id`
const connectionIds = connections.map(({ id }) => id).sort()

async function assertHot (t: Test, claim: () => Promise<{ id: string, claimed: Claimed[] }>): Promise<void> {
  let hot = 0
  for (let tries = 0; tries < maxTries && hot < 1_900; tries++) {
    const { id, claimed } = await claim()
    hot = await settleAll(t, id, claimed)
  }
  t.ok(hot >= 1_900, `${hot} of 2,000`)
}

/** Settles the claim in batches of 500. Returns the number of HOT updates. */
async function settleAll (t: Test, claimId: string, claimed: Claimed[]): Promise<number> {
  const count = async () => (await frozen.sql<[{ updated: number, hot: number }]>`
    select sum(n_tup_upd)::int as updated, sum(n_tup_hot_upd)::int as hot from pg_stat_xact_user_tables where relname like 'deliveries%'`)[0]
  let [updated, hot] = [0, 0]
  for (let start = 0; start < claimed.length; start += 500) {
    const settlements = claimed.slice(start, start + 500).map((delivery) =>
      ({ delivery, outcome: sentOutcome({ id: 'ujpah72o0sjAoRtnM0jc' }, 120) }))
    await frozen.sql`begin`
    const before = await count()
    await settle(frozen, { claimId, settlements, isLast: start + 500 >= claimed.length, now: Date.now() })
    const after = await count()
    await frozen.sql`commit`
    updated += after.updated - before.updated
    hot += after.hot - before.hot
  }
  t.equal(updated, 2_000)
  return hot
}

t.test('settling a broadcast makes at least 19 of 20 updates HOT', (t) => assertHot(t, async () => {
  const id = await insertNotification({ audience: '{"everyone":true}' })
  await sql`insert into progress ${sql({
    notification_id: id, provider: 'pushbullet', audience: 2_000, planned_to: id, planned: 2_000, queued: 2_000, is_planned: true
  })}`
  await sql`insert into segments ${sql({
    notification_id: id,
    provider: 'pushbullet',
    number: 0,
    after_id: '00000000-0000-0000-0000-000000000000',
    last_id: connectionIds.at(-1) ?? '',
    size: 2_000,
    due_at: new Date().toISOString()
  })}`
  const held = await claimSegment(database, {
    provider: 'pushbullet', segment: { notificationId: id, number: 0 }, max: 2_000, restMs: 0, leaseMs: 60_000
  })
  return held ?? { id: '', claimed: [] }
}))

t.test('and so does settling notifications to named users', (t) => assertHot(t, async () => {
  const id = await insertNotification()
  await sql`
    insert into deliveries (notification_id, connection_id, provider, state, due_at, job_id, history)
    select ${id}, connection_id, 'pushbullet', 'queued', now(), ${`${id}-pushbullet-0`},
      jsonb_build_array(jsonb_build_object('at', now(), 'event', 'queued'))
    from unnest(${connectionIds}::uuid[]) as connection_id`
  return await claim(database, 'pushbullet', connectionIds.map((connectionId): [string, string] => [id, connectionId]), 60_000)
}))
