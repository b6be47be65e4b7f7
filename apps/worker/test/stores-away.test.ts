import type { DeliveryQueues } from '@carillon/shared/deliveries'
import type { JobQueue } from '@carillon/shared/queue'
import { backends, until } from '@carillon/testing'
import t from 'tap'
import { deliver } from '../src/delivery/deliver.ts'
import { closeDatabase } from './close-database.ts'
import { startTestStack } from './start-test-stack.ts'

const refusing: JobQueue<object> = {
  add: async () => { throw new Error('the queue is away') },
  live: async () => new Set(),
  waiting: async () => new Set(),
  schedule: async () => {},
  close: async () => {}
}
const refusingQueues: DeliveryQueues = {
  deliver: new Map([['pushbullet', refusing]]),
  broadcast: new Map([['pushbullet', refusing]]),
  plan: refusing,
  wake: refusing,
  close: async () => {}
}

for (const { kind, skip, open } of await backends()) {
  t.test(`with jobs in ${kind}, records sent deliveries although the database became unreachable`, { skip }, async (t) => {
    const env = await open(t)
    const { connect, notify, delivery, control, inbox, lines } = await startTestStack(t, env, { leaseMs: 120_000 })
    const [connectionId = ''] = await connect('ann')
    await control('POST', '/faults', { provider: 'pushbullet', match: 'POST /v2/pushes', delayMs: 600_000, times: 1 })
    const { id } = await notify(['ann'])
    await until(async () => {
      const { data } = await control<{ data: Array<{ faults: number }> }>('GET', '/stats')
      return data[0]?.faults === 1
    })
    const openAgain = await closeDatabase(env.DATABASE_URL)
    await control('DELETE', '/faults')
    await until(() => lines.some((line) => line.includes('could not settle, retrying')))
    await openAgain()
    const sent = await delivery(id, connectionId, 'sent')
    t.equal(sent.attempts, 1)
    t.same(sent.history.map(({ event }) => event), ['queued', 'attempt'])
    t.equal((await inbox()).length, 1)
  })
}

const [postgres] = await backends()

t.test('sends the admitted deliveries although the queue rejects the postponed ones', async (t) => {
  if (postgres === undefined) throw new Error('PostgreSQL is always there')
  const env = await postgres.open(t)
  const { connect, notify, delivery, database, services, control } = await startTestStack(t, env, { start: false })
  const [limited = '', free = '', failing = ''] = await connect('ann', 'bob', 'cleo')
  await database.sql`update connections set limited_until = now() + interval '1 minute' where id = ${limited}`
  const { id } = await notify(['ann', 'bob'])
  const { id: second } = await notify(['cleo'])
  await control('POST', '/faults', { provider: 'pushbullet', match: 'POST /v2/pushes', status: 500, times: 1 })
  const broken = { ...services, queues: refusingQueues }
  await deliver(broken, 'pushbullet', { deliveries: [[second, failing]] })
  await deliver(broken, 'pushbullet', { deliveries: [[id, limited], [id, free]] })
  await delivery(id, free, 'sent')
  t.match(await delivery(id, limited, 'queued'), { reason: 'rateLimited', attempts: 0 })
  t.match(await delivery(second, failing, 'retrying'), { attempts: 1 })
})

t.test('claims nothing when it cannot read the messages', async (t) => {
  if (postgres === undefined) throw new Error('PostgreSQL is always there')
  const { connect, notify, database, services, delivery } = await startTestStack(t, await postgres.open(t), { start: false })
  const [connectionId = ''] = await connect('ann')
  const { id } = await notify(['ann'])
  await database.sql`alter table notifications rename column message to lost`
  await t.rejects(deliver(services, 'pushbullet', { deliveries: [[id, connectionId]] }))
  await database.sql`alter table notifications rename column lost to message`
  t.match(await delivery(id, connectionId, 'queued'), { attempts: 0 })
})
