import { testDatabase, until } from '@carillon/testing'
import { createPostgresBackend, withBackend } from 'bullmq'
import type { PgPool } from 'bullmq'
import t from 'tap'
import type { Test } from 'tap'
import { asJobWorker } from '../../src/queue/as-job-worker.ts'
import { openReconnectingPool } from '../../src/queue/open-reconnecting-pool.ts'
import { parseDatabaseUrl } from '../../src/postgres/index.ts'
import { gate } from './gate.ts'
import { openTestQueue } from './open-test-queue.ts'

const { Worker } = withBackend(createPostgresBackend)

async function openPool (t: Test) {
  const { url } = await testDatabase(t)
  const pool = openReconnectingPool(parseDatabaseUrl(url), { max: 10, applicationName: 'test', searchPath: 'bullmq' })
  // The same methods. Only the overloads of `on` differ.
  return { url, pool, connection: pool as unknown as PgPool }
}

t.test('takes no jobs from the moment it closes, however slow the store is', async (t) => {
  const { url, pool, connection } = await openPool(t)
  const { queue } = openTestQueue<string>(t, { databaseUrl: url, prefix: 'unused' })
  t.teardown(() => pool.end())
  const answer = gate()
  const finish = gate()
  const began: string[] = []
  const worker = asJobWorker<string>(
    (run) => new Worker('test', run, { connection }),
    async (data) => {
      began.push(data)
      await finish.promise
    },
    { ping: () => answer.promise, onError: (error) => { t.fail(error.message) } }
  )
  await queue.add([{ id: 'first', data: 'first' }, { id: 'second', data: 'second' }])
  await until(() => began.length === 1)
  const closed = worker.close()
  finish.open()
  await until(async () => !(await queue.live(['first'])).has('first'))
  answer.open()
  await closed
  t.same(began, ['first'])
  t.same([...await queue.live(['first', 'second'])], ['second'])
})

t.test('releases its connections when it is closed directly after opening', async (t) => {
  const { pool, connection } = await openPool(t)
  const worker = asJobWorker(
    (run) => new Worker('test', run, { connection }), async () => {},
    { ping: async () => {}, onError: (error) => { t.fail(error.message) } }
  )
  await worker.close()
  await until(() => pool.totalCount === pool.idleCount)
  await pool.end()
  t.equal(pool.totalCount, 0)
})
