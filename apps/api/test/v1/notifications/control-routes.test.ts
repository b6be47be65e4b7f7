import t from 'tap'
import type { DeliveryQueues } from '@carillon/shared/deliveries'
import { at, openTestApi, textAt } from '../../open-api.ts'
import type { TestApi } from '../../open-api.ts'
import { connectUsers, noteTo, planBroadcast } from '../seed.ts'

const api = await openTestApi(t)
const token = await api.makeKey()
const users = ['ann', 'bob', 'cleo', 'dan']
await connectUsers(api, users)

async function send (fields: object = {}, target: TestApi = api, key = token): Promise<string> {
  const { status, body } = await target.ask('POST', '/v1/notifications', { token: key, body: { ...noteTo(...users), ...fields } })
  if (status !== 202) throw new Error(JSON.stringify(body))
  return textAt(body, 'id')
}

const control = (id: string, step: string) => api.ask('POST', `/v1/notifications/${id}/${step}`, { token })
const setState = (id: string, state: string, users: string[]) => api.database.sql`
  update deliveries set state = ${state}, due_at = null, job_id = null, reason = case ${state}::text when 'sent' then null else 'because' end,
    attempts = 3, receipt = case ${state}::text when 'sent' then '{"id":"p"}'::jsonb end
  where notification_id = ${id.slice(4)} and connection_id in (
    select connections.id from connections join users on users.id = user_id where external_id = any (${users}))`
const waitingIn = (id: string) => api.database.sql`
  select state, due_at = 'infinity' as held, job_id is not null as has_job from deliveries where notification_id = ${id.slice(4)} and due_at is not null`

t.test('stops waiting deliveries while the notification is paused, and continues them when it resumes', async (t) => {
  const id = await send()
  await setState(id, 'sent', ['ann'])
  const paused = await control(id, 'pause')
  t.match(paused, { status: 200, body: { id, status: 'paused', deliveries: 4, counts: { sent: 1, queued: 3 } } })
  t.same(await waitingIn(id), Array(3).fill({ state: 'queued', held: true, has_job: false }))
  t.match(await control(id, 'pause'), { status: 409, body: { code: 'wrongStatus', reason: 'paused' } })
  const { status, body } = await api.ask('GET', `/v1/notifications/${id}/deliveries?state=queued&limit=1`, { token })
  t.match([status, body], [200, { data: [{ state: 'queued', dueAt: null }] }])
  const one = `/v1/notifications/${id}/deliveries/${textAt(body, 'data.0.connectionId')}`
  t.match((await api.ask('GET', one, { token })).body, { explanation: /^Paused since /, history: [{ event: 'queued' }, { event: 'paused' }] })

  t.match(await control(id, 'resume'), { status: 200, body: { id, status: 'sending', counts: { sent: 1, queued: 3 } } })
  t.same(await waitingIn(id), Array(3).fill({ state: 'queued', held: false, has_job: true }), 'they have jobs again')
  t.match(await control(id, 'resume'), { status: 409, body: { code: 'wrongStatus', reason: 'sending' } })
})

t.test('cancels waiting deliveries', async (t) => {
  const id = await send({ sendAt: new Date(Date.now() + 60_000).toISOString() })
  await setState(id, 'sent', ['ann'])
  t.match(await control(id, 'cancel'), { status: 200, body: { status: 'canceled', deliveries: 4, counts: { sent: 1, canceled: 3, queued: 0 } } })
  for (const step of ['pause', 'resume', 'cancel', 'retry']) {
    t.match(await control(id, step), { status: 409, body: { code: 'wrongStatus', reason: 'canceled', detail: String } }, step)
  }
})

t.test('retries failed and unknown deliveries with all their attempts', async (t) => {
  const id = await send()
  t.match(await control(id, 'retry'), { status: 409, body: { code: 'nothingToRetry' } })
  await setState(id, 'failed', ['ann'])
  await setState(id, 'unknown', ['bob'])
  await setState(id, 'sent', ['cleo', 'dan'])
  t.match(await api.ask('GET', `/v1/notifications/${id}`, { token }), { body: { status: 'completed' } })
  t.match(await control(id, 'retry'), { status: 200, body: { status: 'sending', counts: { queued: 2, sent: 2, failed: 0, unknown: 0 } } })
  t.same(await waitingIn(id), Array(2).fill({ state: 'queued', held: false, has_job: true }))
  t.match(await api.database.sql`select attempts from deliveries where notification_id = ${id.slice(4)} and state = 'queued'`, [{ attempts: 0 }, { attempts: 0 }])
})

t.test('retries failed deliveries of a paused notification only after it resumes', async (t) => {
  const id = await send()
  await setState(id, 'failed', ['ann'])
  t.equal((await control(id, 'pause')).status, 200)
  t.match(await control(id, 'retry'), { status: 200, body: { status: 'paused', counts: { queued: 4, failed: 0 } } })
  t.ok((await waitingIn(id)).every(({ held }) => held === true))
})

t.test('explains why it retries nothing of an expired notification', async (t) => {
  const id = await send({ expiresAt: new Date(Date.now() + 60_000).toISOString() })
  await setState(id, 'failed', users)
  await api.database.sql`update notifications set created_at = now() - interval '2 hours', expires_at = now() - interval '1 hour' where id = ${id.slice(4)}`
  t.match(await control(id, 'retry'), { status: 409, body: { code: 'nothingToRetry', detail: /expired/ } })
  t.match(await api.ask('GET', `/v1/notifications/${id}`, { token }), { body: { counts: { failed: 4 } } }, 'and it changes nothing')
})

t.test('does not change a notification that has ended', async (t) => {
  const id = await send()
  await setState(id, 'sent', users)
  for (const step of ['pause', 'resume', 'cancel']) {
    t.match(await control(id, step), { status: 409, body: { code: 'wrongStatus', reason: 'completed' } }, step)
  }
  t.match(await api.ask('GET', `/v1/notifications/${id}`, { token }), { body: { status: 'completed', counts: { sent: 4 } } })
})

t.test("adds the jobs of a broadcast's segments again", async (t) => {
  const id = await send({ audience: { everyone: true } })
  const number = await planBroadcast(api, id)
  t.match(await control(id, 'pause'), { status: 200, body: { status: 'paused', deliveries: 4, counts: { queued: 4 } } })
  t.match(await control(id, 'resume'), { status: 200, body: { status: 'accepted', counts: { queued: 4 } } })
  const [segment] = await api.database.sql<Array<{ dueAt: number }>>`
    select floor(extract(epoch from due_at) * 1000)::float8 as "dueAt" from segments where notification_id = ${id.slice(4)}`
  const jobId = `${id.slice(4)}-${number}-${segment?.dueAt}`
  t.same(await api.services.queues.broadcast.get('pushbullet')?.live([jobId]), new Set([jobId]))
})

t.test('cancels a broadcast before a worker plans it', async (t) => {
  const id = await send({ audience: { everyone: true } })
  t.match(await control(id, 'cancel'), { status: 200, body: { status: 'canceled', deliveries: 0, progress: [] } })
})

t.test('pauses, resumes and cancels while the queue is unavailable', async (t) => {
  const broken = async (): Promise<never> => { throw new Error('Redis is away') }
  const breakAll = <Queue extends object>(queues: ReadonlyMap<string, Queue>) =>
    new Map([...queues].map(([id, queue]) => [id, { ...queue, add: broken }]))
  const away = ({ queues }: { queues: DeliveryQueues }) => ({
    queues: { ...queues, deliver: breakAll(queues.deliver), wake: { ...queues.wake, add: broken } }
  })
  const own = await openTestApi(t, { change: away })
  await connectUsers(own, users)
  const key = await own.makeKey()
  const id = await send({}, own, key)
  t.equal((await own.ask('POST', `/v1/notifications/${id}/pause`, { token: key })).status, 200)
  t.match(await own.ask('POST', `/v1/notifications/${id}/resume`, { token: key }), { status: 200, body: { status: 'accepted', counts: { queued: 4 } } })
  t.ok(own.logLines.some((line) => line.includes('waits for reconcile')))
})

t.test('requires the scope, and returns 404 for an unknown notification', async (t) => {
  const id = await send()
  const reader = await api.makeKey('notifications:read')
  for (const step of ['pause', 'resume', 'cancel', 'retry']) {
    t.equal((await api.ask('POST', `/v1/notifications/${id}/${step}`, { token: reader })).status, 403, step)
    t.equal((await control('ntf_01890000-0000-7000-8000-000000000000', step)).status, 404, step)
    t.equal((await control('con_x', step)).status, 404, step)
  }
  t.equal(at((await api.ask('GET', `/v1/notifications/${id}`, { token })).body, 'status'), 'accepted')
})
