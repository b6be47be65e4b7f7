import { disconnect } from '@carillon/shared/connections'
import { newId } from '@carillon/shared/db'
import { skipWaiting } from '@carillon/shared/notifications'
import { backends, until } from '@carillon/testing'
import t from 'tap'
import { openEngine } from './open-engine.ts'

for (const { kind, skip, open } of await backends()) {
  t.test(`with jobs in ${kind}`, { skip }, async (t) => {
    t.test('delivers a notification once and says so', async (t) => {
      const { connect, notify, inbox, delivery, database, lines } = await openEngine(t, await open(t))
      const [connectionId = ''] = await connect('ann')
      const { id } = await notify(['ann'])
      const sent = await delivery(id, connectionId, 'sent')
      t.equal(sent.attempts, 1)
      t.ok(sent.receipt?.id, 'the provider\'s own id is kept')
      t.same(sent.history.map(({ event }) => event), ['queued', 'attempt'])
      t.match(await inbox(), [{ item: { title: 'Hello', body: 'World', guid: /^[0-9a-f-]{36}$/ } }])
      t.equal((await inbox()).length, 1)
      const [row] = await database.sql`select credentials from connections`
      t.notOk(lines.join('').includes(String(row?.['credentials'])), 'nothing sealed is logged either')
    })

    t.test('tries again after server errors, and explains each attempt', async (t) => {
      const { connect, notify, inbox, delivery, control } = await openEngine(t, await open(t))
      const [connectionId = ''] = await connect('ann')
      await control('POST', '/faults', { provider: 'pushbullet', match: 'POST /v2/pushes', status: 500, body: '<h1>Oops</h1>', times: 3 })
      const { id } = await notify(['ann'])
      const sent = await delivery(id, connectionId, 'sent')
      t.equal(sent.attempts, 4)
      t.equal((await inbox()).length, 1)
      t.match(sent.history.filter(({ event }) => event === 'attempt'), [
        ...Array.from({ length: 3 }, () => ({ outcome: 'transient', status: 500, until: String })), { outcome: 'sent' }
      ])
    })

    t.test('waits out a rate limit at no cost of an attempt', async (t) => {
      const { connect, notify, inbox, delivery, control } = await openEngine(t, await open(t))
      const [connectionId = ''] = await connect('ann')
      const resetAt = Math.floor(Date.now() / 1000) + 2
      await control('POST', '/faults', {
        provider: 'pushbullet', match: 'POST /v2/pushes', status: 429, headers: { 'X-Ratelimit-Reset': String(resetAt) }, times: 1
      })
      const first = await notify(['ann'])
      await delivery(first.id, connectionId, 'retrying')
      const second = await notify(['ann'])
      const sent = await delivery(first.id, connectionId, 'sent')
      t.equal(sent.attempts, 1)
      t.match(sent.history, [{ event: 'queued' }, { event: 'wait', reason: 'rateLimited', status: 429 }, { event: 'attempt' }])
      t.ok(sent.updatedAt.getTime() >= resetAt * 1000, 'not before the reset')
      const other = await delivery(second.id, connectionId, 'sent')
      t.equal(other.attempts, 1)
      t.match(other.history, [{ event: 'queued' }, { event: 'wait' }, { event: 'attempt' }], 'what came meanwhile waited unsent')
      t.equal((await inbox()).length, 2)
      const stats = await control<object>('GET', '/stats')
      t.match(stats, { data: [{ endpoint: 'POST /pushbullet/v2/pushes', requests: 3 }] }, 'three requests in all')
    })

    t.test('shows a message once although its answer was lost', async (t) => {
      const { connect, notify, inbox, delivery, control } = await openEngine(t, await open(t))
      const [connectionId = ''] = await connect('ann')
      await control('POST', '/faults', { provider: 'pushbullet', match: 'POST /v2/pushes', reset: 'after', times: 1 })
      const { id } = await notify(['ann'])
      t.equal((await delivery(id, connectionId, 'sent')).attempts, 2)
      t.equal((await inbox()).length, 1)
    })

    t.test('fails at once what the provider will never take, and says why', async (t) => {
      const { connect, notify, delivery, control } = await openEngine(t, await open(t))
      const [connectionId = ''] = await connect('ann')
      await control('POST', '/faults', {
        provider: 'pushbullet', match: 'POST /v2/pushes', status: 400, body: { error: { code: 'pushbullet_pro_required' } }, times: 1
      })
      const { id } = await notify(['ann'])
      const failed = await delivery(id, connectionId, 'failed')
      t.equal(failed.attempts, 1)
      t.match(failed, { reason: /quota/, history: [{}, { outcome: 'quota', status: 400 }] })
    })

    t.test('parks what a dead token cannot send, and sends it once the user is back', async (t) => {
      const { connect, notify, inbox, delivery, control, database } = await openEngine(t, await open(t))
      const [connectionId = ''] = await connect('ann')
      await control('POST', '/tokens/revoke', { provider: 'pushbullet' })
      const before = await notify(['ann'])
      t.match(await delivery(before.id, connectionId, 'parked'), { reason: /not accepted/, attempts: 1 })
      const [row] = await database.sql`select status, status_reason from connections`
      t.match(row, { status: 'needsReauth', status_reason: /not accepted/ })
      const after = await notify(['ann'])
      t.match(after, { deliveries: 1, parked: 1, unreachable: [] }, 'a later one is parked when it is accepted')

      t.same(await connect('ann'), [connectionId], 'reconnecting keeps the id')
      const sent = await delivery(before.id, connectionId, 'sent')
      t.same(sent.history.map(({ event }) => event), ['queued', 'attempt', 'released', 'attempt'])
      await delivery(after.id, connectionId, 'sent')
      t.equal((await inbox()).length, 2)
    })

    t.test('skips what waits for a connection that is no more', async (t) => {
      const { connect, notify, delivery, database, inbox } = await openEngine(t, await open(t))
      const [connectionId = ''] = await connect('ann')
      const { id } = await notify(['ann'], { sendAt: new Date(Date.now() + 3600_000) })
      await disconnect(database, connectionId)
      await skipWaiting(database, connectionId)
      t.match(await delivery(id, connectionId, 'skipped'), { reason: 'disconnected', attempts: 0 })
      t.match(await notify(['ann']), { deliveries: 0, unreachable: [{ userId: 'ann', reason: 'notConnected' }] })
      t.same(await inbox(), [])
    })

    t.test('sends at the hour it was told, and never after it has expired', async (t) => {
      const { connect, notify, delivery, inbox, control } = await openEngine(t, await open(t))
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

    t.test('carries many deliveries in few jobs, and rings each user once', async (t) => {
      const { connect, notify, counts, inbox, lines } = await openEngine(t, await open(t))
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

    t.test('hands back what it cannot finish when it is asked to stop', async (t) => {
      const engine = await openEngine(t, await open(t))
      const { connect, notify, counts, control, inbox, stopWorker, database, services, startWorker } = engine
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

t.test('keeps one bad draft from taking its neighbours with it', async (t) => {
  const [postgres] = await backends()
  if (postgres === undefined) throw new Error('PostgreSQL is always there')
  const { connect, notify } = await openEngine(t, await postgres.open(t), { start: false })
  await connect('ann')
  const taken = newId()
  await notify(['ann'], { id: taken })
  const results = await Promise.allSettled([notify(['ann']), notify(['ann'], { id: taken }), notify(['ann'])])
  t.same(results.map(({ status }) => status), ['fulfilled', 'rejected', 'fulfilled'])
})
