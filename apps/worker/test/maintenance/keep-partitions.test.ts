import { createLog } from '@carillon/shared/log'
import { newId, openDatabase } from '@carillon/shared/db'
import { testDatabase } from '@carillon/testing'
import t from 'tap'
import type { Test } from 'tap'
import { keepPartitions } from '../../src/maintenance/keep-partitions.ts'

const dayMs = 24 * 60 * 60 * 1000
const log = createLog({ name: 'test', level: 'silent' })

async function openPartitions (t: Test) {
  const database = openDatabase({ url: (await testDatabase(t)).url, max: 3 })
  t.teardown(() => database.close())
  const names = async () => (await database.sql`
    select relname as name from pg_inherits join pg_class on pg_class.oid = inhrelid
    where inhparent = 'deliveries'::regclass order by 1`).map(({ name }) => String(name))
  const keep = (aheadDays: number) =>
    keepPartitions({ database, log, now: () => Date.now() + aheadDays * dayMs, retentionDays: 90 })
  /** Inserts a notification with a delivery in this state. */
  const insert = async (state: 'sent' | 'queued', dueAt = new Date().toISOString()) => {
    const id = newId()
    await database.sql`
      insert into notifications (id, origin, audience, message) values (${id}, 'api', '{"userIds":[]}', '{"type":"note"}')`
    await database.sql`
      insert into deliveries (notification_id, connection_id, provider, state, attempts, due_at, receipt)
      values (${id}, ${newId()}, 'pushbullet', ${state}, 1, ${state === 'queued' ? dueAt : null}::timestamptz,
        ${state === 'sent' ? '{"id":"p1"}' : null}::jsonb)`
    return id
  }
  const exists = async (id: string) => (await database.sql`
    select from notifications where id = ${id} and exists (select from deliveries where notification_id = ${id})`).length === 1
  return { ...database, names, keep, insert, exists }
}

t.test('creates the partitions of the coming weeks, even after a long pause', async (t) => {
  const { names, keep } = await openPartitions(t)
  const before = await names()
  t.equal(before.length, 5, 'the migration has made this week and four more')
  await keep(0)
  t.same(await names(), before)
  await keep(14)
  t.equal((await names()).length, 7)
})

t.test('drops only weeks that are older than the retention time, with their notifications', async (t) => {
  const { sql, names, keep, insert, exists } = await openPartitions(t)
  const [first = ''] = await names()
  const id = await insert('sent')
  await sql`
    insert into notifications (id, origin, audience, message)
    values (uuid_since(now() + interval '8 days'), 'api', '{"userIds":[]}', '{"type":"note"}')`
  const listIds = async () => (await sql`select id from notifications`).map((row) => row['id'])
  const [later] = (await listIds()).filter((one) => one !== id)
  await keep(89)
  t.ok((await names()).includes(first))
  t.ok(await exists(id))
  await keep(98)
  t.notOk((await names()).includes(first), 'the week is gone')
  t.same(await listIds(), [later], 'its notification with it, and not that of a later week')
  t.ok((await names()).length > 5, 'the weeks that were made meanwhile are there')
})

t.test('selects partitions only, whatever plan PostgreSQL chooses', async (t) => {
  const { sql, keep, names } = await openPartitions(t)
  const [first = ''] = await names()
  await sql`analyze`
  await keep(98)
  t.notOk((await names()).includes(first), 'no other table is taken for one, and what was to go is gone')
})

t.test('keeps a week with a waiting delivery', async (t) => {
  const { names, keep, insert, exists } = await openPartitions(t)
  const [first = ''] = await names()
  const id = await insert('queued')
  await keep(98)
  t.ok((await names()).includes(first))
  t.ok(await exists(id))
})

t.test('keeps a week with a paused delivery', async (t) => {
  const { keep, insert, exists } = await openPartitions(t)
  const id = await insert('queued', 'infinity')
  await keep(98)
  t.ok(await exists(id))
})

t.test('keeps a week with a claimed delivery, whatever later weeks have', async (t) => {
  const { sql, keep, insert, exists } = await openPartitions(t)
  const id = await insert('sent')
  const hold = (notificationId: string) => sql`
    insert into claims (id, provider, notification_ids, first_id, last_id, until)
    values (${newId()}, 'pushbullet', array[${notificationId}::uuid], ${newId()}, ${newId()}, now())`
  const [{ later }] = await sql<[{ later: string }]>`select uuid_since(now() + interval '8 days') as later`
  await hold(later)
  await hold(id)
  await keep(98)
  t.ok(await exists(id), 'while it is')
  await sql`delete from claims where ${id} = any (notification_ids)`
  await keep(98)
  t.notOk(await exists(id), 'once it is not')
})
