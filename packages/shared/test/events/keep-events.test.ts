import t from 'tap'
import { assignPositions, findPosition, readEvents, recordEvents, sweepEvents } from '../../src/events/index.ts'
import { openTestDatabase } from '../open-test-database.ts'

const database = await openTestDatabase(t)
const { sql } = database
const day = 86_400_000

/** Inserts events with the ids of these many milliseconds ago. */
async function insertOld (count: number, ageMs: number): Promise<void> {
  await sql`insert into events (id, type, provider)
    select overlay(uuid_since(now() - ${ageMs} * interval '1 millisecond')::text placing lpad(to_hex(number), 12, '0') from 25)::uuid, 'provider.resumed', 'slack'
    from generate_series(1, ${count}) as number`
}

t.test('deletes the events that are older than the retention time, and continues in the next run', async (t) => {
  await insertOld(10_001, 31 * day)
  await insertOld(1, 29 * day)
  await recordEvents(database, [{ type: 'provider.resumed', provider: 'slack' }])
  const head = await assignPositions(database)
  t.equal(await sweepEvents(database, 30), 10_000)
  t.equal(await sweepEvents(database, 30), 1)
  t.equal(await sweepEvents(database, 30), 0)
  const { events, position } = await readEvents(database, { after: 0, limit: 10 })
  t.equal(events.length, 2)
  t.equal(position, head, 'the others keep their positions')
})

t.test('a reader whose last event was deleted continues with the oldest one', async (t) => {
  const { events: [oldest] } = await readEvents(database, { after: 0, limit: 1 })
  t.equal(await sweepEvents(database, 28), 1)
  const after = await findPosition(database, oldest?.id.slice('evt_'.length) ?? '')
  t.equal((await readEvents(database, { after, limit: 10 })).events.length, 1)
})
