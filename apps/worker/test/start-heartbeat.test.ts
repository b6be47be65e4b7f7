import { openDatabase } from '@carillon/shared/db'
import { createLog } from '@carillon/shared/log'
import { listHostLimits, listWorkers } from '@carillon/shared/workers'
import { testDatabase, until } from '@carillon/testing'
import t from 'tap'
import { startHeartbeat } from '../src/start-heartbeat.ts'

const { url } = await testDatabase(t)
const database = openDatabase({ url, max: 2 })
t.teardown(() => database.close())
const limit = {
  provider: 'pushbullet', host: '', limit: 128, inFlight: 5, waiting: 3, lastFall: { at: '2026-01-01T00:00:00.000Z', reason: 'latency' as const, from: 200, to: 128 }
}
const log = createLog({ name: 'test', level: 'silent' })

t.test('a worker is listed until it stops, and a crashed one is lost and then forgotten', async (t) => {
  await database.sql`
    insert into workers (id, version, host, pid, providers, running_jobs, seen_at) values
      (gen_random_uuid(), '0', 'crashed', 1, '{}', 0, now() - interval '1 minute'),
      (gen_random_uuid(), '0', 'forgotten', 1, '{}', 0, now() - interval '11 minutes')`
  const heartbeat = startHeartbeat({ database, log, providers: ['pushbullet'], countRunningJobs: () => 3, listLimits: () => [limit] })
  const workers = await until(async () => {
    const found = await listWorkers(database)
    return found.some(({ isAlive }) => isAlive) ? found : undefined
  })
  t.match(workers.map(({ host, isAlive }) => [isAlive, host === 'crashed']).sort(), [[false, true], [true, false]])
  t.match(workers.find(({ isAlive }) => isAlive), { pid: process.pid, version: /^\d+\.\d+\.\d+$/, providers: ['pushbullet'], runningJobs: 3 })
  t.same(await listHostLimits(database), [{ ...limit, workers: 1 }])
  await heartbeat.close()
  t.same(await listHostLimits(database), [])
  t.match(await listWorkers(database), [{ host: 'crashed', isAlive: false }], 'a worker that stopped in order is not lost')
})

t.test('a worker that stops at once leaves no row behind', async (t) => {
  await database.sql`delete from workers`
  const heartbeat = startHeartbeat({ database, log, providers: [], countRunningJobs: () => 0, listLimits: () => [] })
  await heartbeat.close()
  t.same(await listWorkers(database), [])
})
