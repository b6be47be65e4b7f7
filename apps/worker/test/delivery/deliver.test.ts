import { disconnect } from '@carillon/shared/connections'
import { newId } from '@carillon/shared/db'
import { skipWaiting } from '@carillon/shared/deliveries'
import { backends, until } from '@carillon/testing'
import t from 'tap'
import { startTestStack } from '../start-test-stack.ts'

for (const { kind, skip, open } of await backends()) {
  t.test(`with jobs in ${kind}`, { skip }, async (t) => {
    t.test('skips deliveries of a closed connection', async (t) => {
      const { connect, notify, delivery, database, inbox } = await startTestStack(t, await open(t))
      const [connectionId = ''] = await connect('ann')
      const { id } = await notify(['ann'], { sendAt: new Date(Date.now() + 3600_000) })
      await disconnect(database, connectionId)
      await skipWaiting(database, connectionId)
      t.match(await delivery(id, connectionId, 'skipped'), { reason: 'disconnected', attempts: 0 })
      t.match(await notify(['ann']), { deliveries: 0, unreachable: [{ userId: 'ann', reason: 'notConnected' }] })
      t.same(await inbox(), [])
    })

    t.test('sends at the send time, and never after it has expired', async (t) => {
      const { connect, notify, delivery, inbox, control } = await startTestStack(t, await open(t))
      const [connectionId = ''] = await connect('ann')
      const sendAt = new Date(Date.now() + 1500)
      const later = await notify(['ann'], { sendAt })
      const sent = await delivery(later.id, connectionId, 'sent')
      t.ok(sent.updatedAt >= sendAt)
      await control('POST', '/tokens/revoke', { provider: 'pushbullet' })
      const brief = await notify(['ann'], { expiresAt: new Date(Date.now() + 1000) })
      t.match(await delivery(brief.id, connectionId, 'expired'), { reason: 'expired' })
      t.equal((await inbox()).length, 1)
    })

    t.test('sends many deliveries with few jobs, once to each user', async (t) => {
      // On a slow machine, deliveries that are handed back would go in extra batches.
      const { connect, notify, counts, inbox, lines } = await startTestStack(t, await open(t), { leaseMs: 120_000 })
      const users = Array.from({ length: 1_200 }, (_, index) => `user-${index}`)
      await connect(...users)
      const { id, unreachable } = await notify([...users, 'nobody', 'nobody'])
      t.same(unreachable, [{ userId: 'nobody', reason: 'unknownUser' }])
      t.match(await counts(id), { sent: 1_200, failed: 0 })
      const entries = await inbox()
      t.equal(new Set(entries.map(({ item }) => item.guid)).size, 1_200)
      t.equal(new Set(entries.map(({ account }) => account)).size, 1_200)
      t.equal(lines.filter((line) => JSON.parse(line).msg === 'batch').length, 3)
    })

    t.test('hands back unfinished deliveries after a stop request', async (t) => {
      const stack = await startTestStack(t, await open(t))
      const { connect, notify, counts, control, inbox, stopWorker, database, services, startWorker } = stack
      const users = Array.from({ length: 60 }, (_, index) => `user-${index}`)
      await connect(...users)
      await control('POST', '/faults', { provider: 'pushbullet', match: 'POST /v2/pushes', delayMs: 300, times: 1000 })
      const { id } = await notify(users)
      await until(async () => (await inbox()).length > 0)
      await stopWorker()
      const states = await database.sql`select state, count(*)::int from deliveries group by state`
      t.notOk(states.some(({ state }) => state === 'sending'), 'nothing is left in its hands')
      t.ok(states.some(({ state }) => state === 'retrying' || state === 'queued'), 'something was handed back')

      services.stopping = new AbortController().signal
      const worker = startWorker()
      t.teardown(() => worker.close())
      t.match(await counts(id), { sent: 60 })
      t.equal(new Set((await inbox()).map(({ item }) => item.guid)).size, 60)
      t.equal((await inbox()).length, 60)
    })
  })
}

t.test('accepts the other drafts of a group when one is invalid', async (t) => {
  const [postgres] = await backends()
  if (postgres === undefined) throw new Error('PostgreSQL is always there')
  const { connect, notify } = await startTestStack(t, await postgres.open(t), { start: false })
  await connect('ann')
  const taken = newId()
  await notify(['ann'], { id: taken })
  const results = await Promise.allSettled([notify(['ann']), notify(['ann'], { id: taken }), notify(['ann'])])
  t.same(results.map(({ status }) => status), ['fulfilled', 'rejected', 'fulfilled'])
})
