import { mock } from 'node:test'
import { until } from '@carillon/testing'
import t from 'tap'
import { assignPositions, readEvents, recordEvents, watchEvents } from '../../src/events/index.ts'
import { createLog } from '../../src/log/index.ts'
import { openCountedDatabase } from '../open-counted-database.ts'

const database = await openCountedDatabase(t)
const { sql, statements } = database
const log = createLog({ name: 'test', level: 'silent' })
const record = () => recordEvents(database, [{ type: 'provider.paused', provider: 'slack', data: { cause: 'misconfigured', reason: 'test' } }])

/** The calls of the listener by postgres.js. */
let notices = 0
const watch = watchEvents({
  database: {
    canListen: true,
    sql: new Proxy(sql, {
      get: (target, name: keyof typeof sql) => name !== 'listen'
        ? target[name]
        : (channel: string, onNotice: () => void, onListen: () => void) => target.listen(channel, () => {
            notices++
            onNotice()
          }, onListen)
    })
  },
  log
}, () => assignPositions(database))

mock.timers.enable({ apis: ['setInterval'] })
t.teardown(() => {
  mock.timers.reset()
  watch.close()
})

async function listenerPid (): Promise<number | undefined> {
  const [row] = await sql<Array<{ pid: number }>>`
    select pid from pg_stat_activity where query like 'listen%' and state = 'idle' and datname = current_database()`
  return row?.pid
}

t.test('listens once, however often the connection was lost and the subscribers changed', async (t) => {
  let head = 0
  const subscribe = () => watch.subscribe((current) => { head = current })
  let unsubscribe = subscribe()
  for (let lost = 0; lost < 3; lost++) {
    const before = await until(listenerPid)
    await sql`select pg_terminate_backend(${before}::int)`
    await until(async () => ![undefined, before].includes(await listenerPid()))
    mock.timers.tick(5_000)
    unsubscribe()
    unsubscribe = subscribe()
  }
  notices = 0
  await record()
  await until(() => notices > 0)
  t.equal(notices, 1)
  await until(() => head === 1)
  unsubscribe()
})

t.test('assigns positions once for all subscribers', async (t) => {
  const heads = new Array<number>()
  for (let number = 0; number < 5; number++) t.teardown(watch.subscribe((head) => { heads.push(head) }))
  statements.length = 0
  await record()
  await until(() => heads.length > 0)
  t.same(heads, [2, 2, 2, 2, 2])
  const [head] = heads
  t.match((await readEvents(database, { after: 1, limit: 10, head })), { events: [{ type: 'provider.paused' }], position: 2 })
  t.equal(statements.filter((statement) => statement.includes('assign_event_positions')).length, 1)
})

t.test('behind PgBouncer it checks every second, and does not listen', async (t) => {
  const polled = watchEvents({
    database: { canListen: false, sql: new Proxy(sql, { get: () => { throw new Error('not used') } }) }, log
  }, () => assignPositions(database))
  t.teardown(() => { polled.close() })
  const heads: number[] = []
  polled.subscribe((head) => { heads.push(head) })
  for (const expected of [3, 4]) {
    await record()
    mock.timers.tick(999)
    t.notMatch(heads, [expected])
    mock.timers.tick(1)
    await until(() => heads.includes(expected))
  }
  t.same(heads, [3, 4])
})
