import { enqueueEvents, eventQueueName, resendEvent } from '@carillon/shared/endpoints'
import type { EventJob } from '@carillon/shared/endpoints'
import { backends, until } from '@carillon/testing'
import t from 'tap'
import { startTestStack } from '../start-test-stack.ts'
import { openReceiver } from './open-receiver.ts'

for (const { kind, skip, open } of await backends()) {
  t.test(`a worker sends an event when it is committed, and again when a job in ${kind} wakes it`, { skip }, async (t) => {
    // The regular check runs once an hour, so it does not help.
    const stack = await startTestStack(t, await open(t), { reconcileEveryMs: 3_600_000 })
    const { backend, database, services } = stack
    const receiver = await openReceiver(t, services)
    await stack.connect('ann')
    await receiver.receives(1)
    const [{ id = '' } = {}] = receiver.received
    await until(async () => (await database.sql`select from endpoint_deliveries where state = 'succeeded'`).count === 1)

    const queue = backend.openQueue<EventJob>(eventQueueName)
    t.teardown(() => queue.close())
    await resendEvent(database, { eventId: id.slice('evt_'.length), now: Date.now() })
    await enqueueEvents(queue)
    await receiver.receives(2)
    t.same(receiver.received.map((one) => one.id), [id, id])
    t.same(receiver.errors, [])
  })
}

t.test('the regular check sends what nothing woke a worker for', async (t) => {
  const [postgres] = await backends()
  if (postgres === undefined) throw new Error('PostgreSQL is always there')
  const stack = await startTestStack(t, await postgres.open(t))
  const { database, services } = stack
  const receiver = await openReceiver(t, services)
  await stack.connect('ann')
  await receiver.receives(1)
  const [{ id = '' } = {}] = receiver.received
  await resendEvent(database, { eventId: id.slice('evt_'.length), now: Date.now() })
  await receiver.receives(2)
  t.same(receiver.received.map((one) => one.id), [id, id])
})
