import { openDatabase } from '@carillon/shared/db'
import { backends, until } from '@carillon/testing'
import t from 'tap'
import { startTestStack } from '../start-test-stack.ts'

// Rows and their locks are the same with jobs in Redis.
const [postgres] = await backends()
if (postgres === undefined) throw new Error('PostgreSQL is always there')

t.test('a delivery whose row is locked when its job claims it gets another job, without reconcile', async (t) => {
  const env = await postgres.open(t)
  const { connect, notify, counts, delivery, database, services, startWorker } = await startTestStack(
    t, env, { start: false, reconcileEveryMs: 3_600_000 })
  const [free = '', locked = ''] = await connect('ann', 'bob')
  const other = openDatabase({ url: env.DATABASE_URL ?? '', max: 1 })
  t.teardown(() => other.close())
  const { id } = await notify(['ann', 'bob'])
  let release = (): void => {}
  const released = new Promise<void>((resolve) => { release = resolve })
  let isLocked = false
  // As dispatching does for a moment, when another process has just dispatched the same row.
  const holding = other.sql.begin(async (sql) => {
    await sql`select from deliveries where notification_id = ${id} and connection_id = ${locked} for update`
    isLocked = true
    await released
  })
  await until(async () => isLocked)
  // The reconcile at the start of the worker has found nothing to do by then.
  const worker = startWorker()
  t.teardown(() => worker.close())
  await delivery(id, free, 'sent')
  t.match(await database.sql`select state from deliveries where notification_id = ${id} and connection_id = ${locked}`, [{ state: 'queued' }])
  release()
  await holding
  t.match(await counts(id), { sent: 2 })
  await services.breakers.settled()
})
