import t from 'tap'
import { openDatabase, publicId } from '../../src/db/index.ts'
import { findPosition, readEvents, recordEvents } from '../../src/events/index.ts'
import type { EventType } from '../../src/events/index.ts'
import { openTestDatabase } from '../open-test-database.ts'
import { ensureUsers } from '../people.ts'

const database = await openTestDatabase(t)
const { sql, db, url } = database
const all = { after: 0, limit: 100 }

t.afterEach(async () => { await sql`delete from events` })

const paused = (provider: string) => ({ type: 'provider.paused' as const, provider, data: { cause: 'misconfigured', reason: 'test' } })

t.test('a reader receives the event of a transaction that commits after a later one', async (t) => {
  const other = openDatabase({ url, max: 1 })
  t.teardown(() => other.close())
  await other.sql`begin`
  await recordEvents(other, [paused('late')])
  await recordEvents(database, [paused('early')])

  const first = await readEvents(database, all)
  t.match(first.events, [{ data: { provider: 'early' } }])
  await other.sql`commit`
  const second = await readEvents(database, { ...all, after: first.position })
  t.match(second.events, [{ data: { provider: 'late' } }], 'although its id is older')
  t.same((await readEvents(database, { ...all, after: second.position })).events, [])
  t.match((await readEvents(database, all)).events.map(({ data }) => data), [{ provider: 'early' }, { provider: 'late' }])
})

t.test('readers at the same time assign each position once', async (t) => {
  const others = Array.from({ length: 4 }, () => openDatabase({ url, max: 1 }))
  t.teardown(() => Promise.all(others.map((other) => other.close())))
  const seen = new Map(others.map((other) => [other, new Array<string>()]))
  const count = 200
  const writing = Promise.all(Array.from({ length: count }, (_, number) => recordEvents(database, [paused(`p${number}`)])))
  await Promise.all(others.map(async (other) => {
    let after = 0
    while ((seen.get(other)?.length ?? 0) < count) {
      const read = await readEvents(other, { after, limit: 7 })
      after = read.position
      seen.get(other)?.push(...read.events.map(({ id }) => id))
    }
  }))
  await writing
  const [first = [], ...rest] = seen.values()
  t.equal(new Set(first).size, count, 'none twice')
  for (const other of rest) t.same(other, first, 'all in the same order')
})

t.test('a transaction that is rolled back records nothing', async (t) => {
  await db.transaction(async (tx) => {
    await recordEvents({ db: tx }, [paused('slack')])
    throw new Error('no')
  }).catch(() => {})
  t.same(await readEvents(database, all), { events: [], position: 0 })
})

t.test('reads the types and the user that the filter names, and continues behind the others', async (t) => {
  const [ann, bob] = await ensureUsers(database, ['ann', 'bob'])
  const failed = (userId: string | undefined, type: EventType) => ({ type, userId: userId ?? '', provider: 'slack', data: { error: 'declined' } })
  await recordEvents(database, [failed(ann, 'handshake.failed')])
  await recordEvents(database, [failed(bob, 'handshake.failed')])
  await recordEvents(database, [failed(ann, 'pull.failed')])
  const types = ['handshake.failed'] as const
  t.match((await readEvents(database, { ...all, types })).events.map(({ data }) => data), [{ userId: 'ann' }, { userId: 'bob' }])
  t.match((await readEvents(database, { ...all, types, userId: 'ann' })).events, [{ type: 'handshake.failed', data: { userId: 'ann', error: 'declined' } }])
  t.match((await readEvents(database, { ...all, userId: 'ann' })).events.map(({ type }) => type), ['handshake.failed', 'pull.failed'])

  const none = await readEvents(database, { ...all, types: ['provider.resumed'] })
  t.same(none.events, [])
  const [row] = await sql`select max(position)::float8 as head from events`
  t.equal(none.position, row?.['head'])
})

t.test('continues after an event by its id, and from the oldest one after an unknown id', async (t) => {
  await recordEvents(database, [paused('one')])
  await recordEvents(database, [paused('two')])
  const { events } = await readEvents(database, all)
  const [one] = events
  const id = one?.id.slice('evt_'.length) ?? ''
  t.equal(publicId('event', id), one?.id)
  t.match((await readEvents(database, { ...all, after: await findPosition(database, id) })).events, [{ data: { provider: 'two' } }])
  t.equal(await findPosition(database, '01990000-0000-7000-8000-00000000000a'), 0)
})
