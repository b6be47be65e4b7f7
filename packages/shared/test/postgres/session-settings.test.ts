import { testDatabase } from '@carillon/testing'
import t from 'tap'
import type { Test } from 'tap'
import { createApiKey, verifyApiKey } from '../../src/api-keys/index.ts'
import { migrateDatabase, openDatabase } from '../../src/db/index.ts'
import { ensureUser } from '../../src/users/index.ts'
import { openPgPool, parseDatabaseUrl } from '../../src/postgres/index.ts'
import { migrateQueue } from '../../src/queue/index.ts'
import { openTestQueue } from '../queue/open-test-queue.ts'

const inherited = {
  DateStyle: 'German, DMY',
  IntervalStyle: 'sql_standard',
  TimeZone: 'Asia/Kathmandu',
  search_path: 'nowhere',
  bytea_output: 'escape',
  extra_float_digits: '-5',
  standard_conforming_strings: 'off',
  default_transaction_isolation: 'serializable',
  default_transaction_read_only: 'on',
  statement_timeout: '1ms',
  lock_timeout: '1ms',
  idle_in_transaction_session_timeout: '1ms',
  client_encoding: 'LATIN1',
  array_nulls: 'off'
}

const urls: Record<string, (url: string) => string> = {
  'a URL alone': (url) => url,
  'options in the URL': (url) => `${url}?options=${encodeURIComponent('-c work_mem=8MB -c DateStyle=German')}`
}

for (const [name, toUrl] of Object.entries(urls)) {
  t.test(`reads and writes the same with any settings of the database, with ${name}`, async (t) => {
    const url = toUrl(await openOddDatabase(t))
    await migrateDatabase({ url })
    await migrateQueue({ url })

    const database = openDatabase({ url, max: 2 })
    t.teardown(database.close)
    const { key, id } = await createApiKey(database, { name: 'Žluťoučký', scopes: ['notifications:write'] })
    t.match(await verifyApiKey(database, key), { id })
    t.equal((await ensureUser(database, { externalId: 'ada' })).externalId, 'ada')
    const [row] = await database.sql<Array<Record<string, string>>>`
      select '2026-02-03 04:05:06+00'::timestamptz::text as moment, '1 day 2 hours'::interval::text as span,
        '\\x00ff'::bytea::text as bytes, 0.1::float8::text as fraction, current_setting('search_path') as path`
    t.same(row, { moment: '2026-02-03 04:05:06+00', span: '1 day 02:00:00', bytes: '\\x00ff', fraction: '0.1', path: '"$user",public' })

    const { queue, startWorker } = openTestQueue<string>(t, { databaseUrl: url, prefix: 'test' })
    const done = new Promise<string>((resolve) => { startWorker(async (data) => resolve(data)) })
    await queue.add([{ id: 'one', data: 'Žluťoučký' }])
    t.equal(await done, 'Žluťoučký')
  })
}

t.test('starts the same session with both drivers, with the settings in the URL', async (t) => {
  const { url } = await testDatabase(t)
  const asking = `${url}?options=${encodeURIComponent('-c work_mem=8MB -c statement_timeout=1min')}&application_name=mine&schema=app`
  const database = openDatabase({ url: asking, max: 1 })
  t.teardown(database.close)
  const pool = openPgPool(parseDatabaseUrl(asking), { max: 1, applicationName: 'queue' })
  t.teardown(() => pool.end())
  const names = ['DateStyle', 'TimeZone', 'IntervalStyle', 'search_path', 'work_mem', 'statement_timeout', 'application_name', 'client_encoding',
    'bytea_output', 'extra_float_digits', 'default_transaction_isolation', 'default_transaction_read_only', 'lock_timeout',
    'idle_in_transaction_session_timeout']
  const query = `select ${names.map((name) => `current_setting('${name}') as "${name}"`).join(', ')}`
  const [ours] = await database.sql.unsafe(query)
  const { rows: [theirs] } = await pool.query(query)
  t.same({ ...ours }, theirs)
  t.match(theirs, {
    DateStyle: 'ISO, MDY',
    TimeZone: 'UTC',
    search_path: '"app"',
    work_mem: '8MB',
    statement_timeout: '1min',
    application_name: 'mine',
    idle_in_transaction_session_timeout: '20s'
  })
})

/** A database whose sessions start with settings that Carillon must override. */
async function openOddDatabase (t: Test): Promise<string> {
  const { url } = await testDatabase(t)
  const admin = openDatabase({ url, max: 1 })
  const name = new URL(url).pathname.slice(1)
  await admin.sql.unsafe('drop schema if exists drizzle cascade; drop schema if exists bullmq cascade; drop schema public cascade; create schema public')
  for (const [setting, value] of Object.entries(inherited)) {
    const list = value.split(',').map((item) => `'${item.trim()}'`).join(', ')
    await admin.sql.unsafe(`alter database "${name}" set ${setting} = ${list}`)
  }
  await admin.close()
  return url
}
