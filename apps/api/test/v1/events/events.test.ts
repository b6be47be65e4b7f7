import { closeAccount } from '@carillon/shared/connections'
import { optInEventTypes } from '@carillon/shared/db'
import { readEvents, requestEvents } from '@carillon/shared/events'
import { failHandshake } from '@carillon/shared/handshakes'
import { addPulls, endPull, takePulls } from '@carillon/shared/pulls'
import { createBreakers } from '@carillon/shared/throttling'
import { until } from '@carillon/testing'
import t from 'tap'
import { Agent, request } from 'undici'
import { at, openTestApi, textAt } from '../../open-api.ts'
import { connectUsers, noteTo } from '../seed.ts'

const api = await openTestApi(t)
const { database } = api
const token = await api.makeKey('notifications:read', 'notifications:write', 'connections:write', 'connections:read', 'connections:import')
const ask = (path: string) => api.ask('GET', path, { token })

interface Listed {
  id: string
  type: string
  createdAt: string
  data: Record<string, unknown>
}

async function list (query = ''): Promise<Listed[]> {
  const { status, body } = await ask(`/v1/events?limit=200${query}`)
  t.equal(status, 200)
  return (body as { data: Listed[] }).data
}

/** The types and the data of the events that `cause` records, oldest first. */
async function eventsOf (cause: () => Promise<unknown>): Promise<Array<Pick<Listed, 'type' | 'data'>>> {
  const [last] = await list()
  await cause()
  const events = last === undefined ? (await list()).reverse() : await list(`&after=${last.id}`)
  return events.map(({ type, data }) => ({ type, data }))
}

const connections = await connectUsers(api, ['ann', 'bob'])
const [connectionId = '', other = ''] = [connections.get('ann'), connections.get('bob')]
const ofConnection = { connectionId, provider: 'pushbullet', userId: 'ann', teamId: null }

t.test('records the life of a connection', async (t) => {
  t.match((await list()).map(({ type }) => type), ['connection.connected', 'connection.connected'])
  t.match((await list('&userId=ann')), [{ id: /^evt_/, type: 'connection.connected', createdAt: /Z$/, data: ofConnection }])

  await api.control('POST', '/tokens/revoke', { provider: 'pushbullet' })
  const refused = await eventsOf(() => api.ask('POST', `/v1/connections/${connectionId}/test`, { token }))
  t.match(refused, [{ type: 'connection.needs_reauth', data: { ...ofConnection, reason: /./ } }])
  t.match(await eventsOf(() => reconnect()), [{ type: 'connection.restored', data: ofConnection }])
  t.same(await eventsOf(() => api.ask('PATCH', `/v1/connections/${connectionId}`, { token, body: { muted: true } })), [])

  const disconnected = await eventsOf(() => api.ask('DELETE', `/v1/connections/${connectionId}`, { token }))
  t.same(disconnected, [{ type: 'connection.disconnected', data: ofConnection }])
  t.match(await eventsOf(() => reconnect()), [{ type: 'connection.connected', data: ofConnection }])
  const [row] = await database.sql<Array<{ accountId: string }>>`
    select account_id as "accountId" from connections where id = ${connectionId.slice(4)}`
  const revoked = await eventsOf(() => closeAccount(
    database, { provider: 'pushbullet', accountId: row?.accountId ?? '', reason: 'removed at the provider', at: new Date(Date.now() + 5_000) }))
  t.same(revoked, [{ type: 'connection.revoked', data: { ...ofConnection, reason: 'removed at the provider' } }])
  t.match(await eventsOf(() => reconnect()), [{ type: 'connection.connected', data: ofConnection }])
})

async function reconnect (): Promise<unknown> {
  return await api.ask('POST', '/v1/connections/import', {
    token,
    body: {
      connections: [{
        userId: 'ann', provider: 'pushbullet', credentials: { accessToken: 'another' }, account: { id: 'ann-at-pushbullet', name: 'Ann' }
      }]
    }
  })
}

t.test('records a handshake that failed, once', async (t) => {
  const user = await api.makeUser('ann')
  const { body } = await api.ask('POST', '/v1/handshakes', { token: user, body: { provider: 'pushbullet' } })
  const id = textAt(body, 'id')
  await database.sql`
    update handshakes set state_hash = 'state', browser_hash = 'browser', confirmed_at = now(), claimed_at = now() where id = ${id.slice(4)}`
  const failed = await eventsOf(async () => {
    await failHandshake(database, id.slice(4), 'accessDenied')
    await failHandshake(database, id.slice(4), 'accessDenied')
  })
  t.same(failed, [{ type: 'handshake.failed', data: { handshakeId: id, provider: 'pushbullet', userId: 'ann', teamId: null, error: 'accessDenied' } }])
})

t.test('records when the provider is paused and when it takes requests again', async (t) => {
  const breakers = createBreakers({ database, log: api.services.log, now: () => Date.now() })
  const paused = await eventsOf(async () => {
    breakers.pause('pushbullet', '', 'client is disabled')
    breakers.pause('pushbullet', 'one.example', 'a host that a user chose')
    await breakers.settled()
  })
  t.same(paused, [{ type: 'provider.paused', data: { provider: 'pushbullet', cause: 'misconfigured', reason: 'client is disabled' } }])
  t.same(await eventsOf(() => breakers.endProbe('pushbullet', '', 'failing', 'still')), [])
  const resumed = await eventsOf(() => breakers.endProbe('pushbullet', '', 'well', ''))
  t.same(resumed, [{ type: 'provider.resumed', data: { provider: 'pushbullet' } }])
})

t.test('records a pull that failed for this round', async (t) => {
  await addPulls(database, 'pushbullet')
  const [taken] = await takePulls(database, 'pushbullet', { limit: 1, leaseMs: 60_000 })
  if (taken === undefined) throw new Error('no pull is due')
  t.same(await eventsOf(() => endPull(database, taken, { kind: 'failed', reason: 'busy', delayMs: 0, everyMs: 1_000 })), [])
  const [again] = await takePulls(database, 'pushbullet', { limit: 1, leaseMs: 60_000 })
  if (again === undefined) throw new Error('no pull is due')
  const failed = await eventsOf(() => endPull(database, again, { kind: 'failed', reason: 'refused', delayMs: undefined, everyMs: 1_000 }))
  t.match(failed, [{ type: 'pull.failed', data: { connectionId: `con_${again.connectionId}`, provider: 'pushbullet', reason: 'refused' } }])
})

t.test('records a completed notification, and deliveries only while something requests them', async (t) => {
  t.match(await eventsOf(() => send('unknown')), [{ type: 'notification.completed', data: { notificationId: /^ntf_/, status: 'completed', counts: {} } }])
  await database.sql`update connections set status = 'needsReauth', status_reason = 'refused' where id = ${other.slice(4)}`
  t.same(await eventsOf(() => send('bob')), [])

  await requestEvents(database, 'configuration', optInEventTypes)
  t.match(await eventsOf(() => send('bob')), [{
    type: 'delivery.parked',
    data: { provider: 'pushbullet', deliveries: [{ notificationId: /^ntf_/, connectionId: other, userId: 'bob', reason: 'refused' }] }
  }])
  const settle = (state: string) => database.sql`
    update deliveries set state = ${state}, parked_at = null, attempts = 1, reason = 'because',
      receipt = case ${state} when 'sent' then '{"id": "p1"}'::jsonb end where state = 'parked'`
  for (const state of ['sent', 'failed', 'unknown']) {
    await send('bob')
    const events = await eventsOf(() => settle(state))
    t.match(events.filter(({ type }) => type !== 'notification.completed'), [{ type: `delivery.${state}` }], state)
  }
  await requestEvents(database, 'configuration', ['delivery.failed'])
  t.same(await eventsOf(() => send('bob')), [])
  await requestEvents(database, 'configuration', [])
  t.same((await eventsOf(() => settle('failed'))).map(({ type }) => type), ['notification.completed'])
})

async function send (userId: string): Promise<unknown> {
  return await api.ask('POST', '/v1/notifications', { token, body: noteTo(userId) })
}

t.test('lists pages in both directions, and single events', async (t) => {
  const all = await list()
  const newest = await pages('')
  t.same(newest, all.map(({ id }) => id))
  const oldest = all.at(-1)?.id ?? ''
  t.same(new Set(await pages(`&after=${oldest}`)), new Set(newest.slice(0, -1)))
  t.match((await ask(`/v1/events/${oldest}`)).body, all.at(-1) ?? {})
  t.ok((await list('&type=connection.connected')).every(({ type }) => type === 'connection.connected'))
  t.same(await list('&userId=who'), [])

  t.equal((await ask('/v1/events/evt_01990000-0000-7000-8000-00000000000a')).status, 404)
  t.match(await ask('/v1/events?after=con_1'), { status: 400, body: { errors: [{ path: 'after' }] } })
  t.equal((await ask('/v1/events?type=connection.lost')).status, 400)
  t.equal((await api.ask('GET', '/v1/events', { token: await api.makeUser('ann') })).status, 403)
})

async function pages (query: string): Promise<string[]> {
  const ids: string[] = []
  for (let cursor = ''; ;) {
    const { body } = await ask(`/v1/events?limit=3${query}${cursor}`)
    const { data, nextCursor } = body as { data: Listed[], nextCursor: string | null }
    ids.push(...data.map(({ id }) => id))
    if (nextCursor === null) return ids
    cursor = `&cursor=${nextCursor}`
  }
}

interface Watching {
  ids: string[]
  types: string[]
  leave: () => Promise<void>
}

async function watch (headers: Record<string, string> = {}, query = ''): Promise<Watching> {
  const dispatcher = new Agent()
  t.teardown(() => dispatcher.destroy())
  const { statusCode, body } = await request(`${api.url}/v1/events/stream${query}`, { headers: { authorization: `Bearer ${token}`, ...headers }, dispatcher })
  t.equal(statusCode, 200)
  const watching: Watching = { ids: [], types: [], leave: () => dispatcher.destroy() }
  let rest = ''
  body.setEncoding('utf8').on('data', (chunk: string) => {
    const blocks = (rest + chunk).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const [, type, id, data] = /^event: (.+)\nid: (.+)\ndata: (.+)$/.exec(block) ?? []
      if (type === undefined || id === undefined) continue
      t.match(JSON.parse(data ?? ''), { id, type })
      watching.ids.push(id)
      watching.types.push(type)
    }
  }).on('error', () => {})
  return watching
}

t.test('streams new events, and continues after the last one that the client received', async (t) => {
  const first = await watch()
  await send('nobody-1')
  await until(() => first.ids.length === 1)
  await first.leave()
  for (let number = 0; number < 250; number++) await send(`nobody-${number}`)

  const [last = ''] = first.ids
  const second = await watch({ 'last-event-id': last })
  await until(() => second.ids.length >= 250)
  await send('nobody-2')
  await until(() => second.ids.length >= 251)
  const { events } = await readEvents(database, { after: 0, limit: 10_000 })
  const ids = events.map(({ id }) => id)
  t.same(second.ids, ids.slice(ids.indexOf(last) + 1), 'without gaps or repeats')

  const filtered = await watch({ 'last-event-id': ids[0] ?? '' }, '?type=provider.paused')
  await until(() => filtered.types.length === 1)
  t.same(filtered.types, ['provider.paused'])
  t.match(await api.ask('GET', '/v1/events/stream', { token, headers: { 'last-event-id': '7' } }), { status: 400 })
})

t.test('a stream keeps working when its database connection was lost', async (t) => {
  const watching = await watch()
  await database.sql`select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen%' and datname = current_database()`
  await send('nobody-3')
  await until(() => watching.ids.length === 1)
  t.ok(at(watching, 'ids.0'))
})
