import { until } from '@carillon/testing'
import t from 'tap'
import { openClock } from '../../src/db/index.ts'
import { openTestDatabase } from '../open-test-database.ts'

/** The maximum time of one round trip on a busy machine. */
const toleranceMs = 2_000

t.test("follows the database's clock, whatever the machine's clock is", async (t) => {
  const { sql } = await openTestDatabase(t, { max: 1 })
  // One day ahead of this machine's clock.
  await sql`create function public.clock_timestamp() returns timestamptz language sql as
    $$ select pg_catalog.clock_timestamp() + interval '1 day' $$`
  await sql`set search_path = public, pg_catalog`
  const clock = openClock({ sql })
  t.teardown(clock.close)
  const { now } = Date
  t.teardown(() => { Date.now = now })
  await until(() => clock.now() > now() + 23 * 3600_000)
  const before = clock.now()
  t.ok(Math.abs(before - (now() + 24 * 3600_000)) < toleranceMs)
  Date.now = () => now() - 3600_000
  const after = clock.now()
  t.ok(after >= before && after - before < toleranceMs, "and does not jump with the machine's clock")
})

t.test("reads the database's clock repeatedly", async (t) => {
  const { sql } = await openTestDatabase(t, { max: 1 })
  const clock = openClock({ sql }, { everyMs: 10 })
  t.teardown(clock.close)
  await until(async () => {
    const [row] = await sql`select 1 as one`
    return row?.['one'] === 1
  })
  await sql`create function public.clock_timestamp() returns timestamptz language sql as
    $$ select pg_catalog.clock_timestamp() - interval '1 day' $$`
  await sql`set search_path = public, pg_catalog`
  await until(() => clock.now() < Date.now() - 23 * 3600_000)
  t.pass('it has followed')
})

t.test('counts from the start of the process while the database does not respond', async (t) => {
  const clock = openClock({ sql: (async () => { throw new Error('the database is away') }) as never })
  t.teardown(clock.close)
  const first = clock.now()
  t.ok(Math.abs(first - Date.now()) < toleranceMs)
  t.ok(await until(() => clock.now() > first))
})
