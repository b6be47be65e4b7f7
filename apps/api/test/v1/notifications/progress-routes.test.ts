import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import type { Database } from '@carillon/shared/db'
import { until } from '@carillon/testing'
import { Agent, request } from 'undici'
import { openTestApi, textAt } from '../../open-api.ts'
import type { TestApi } from '../../open-api.ts'
import { connectUsers, noteTo, planBroadcast } from '../seed.ts'

let reads = 0
const api = await openTestApi(t, {
  change: ({ database }) => ({ database: { ...database, sql: new Proxy(database.sql, { apply: countReads }) } })
})
type Sql = Database['sql']
const token = await api.makeKey()
const users = ['ann', 'bob', 'cleo', 'dan']
await connectUsers(api, users)

interface Watching {
  status: number
  headers: Record<string, string | string[] | undefined>
  events: Array<{ event: string, id: string, data: unknown }>
  text: () => string
  isEnded: () => boolean
  leave: () => void
}

async function watch (id: string, headers: Record<string, string> = {}, target: TestApi = api, key = token): Promise<Watching> {
  // In a shared pool, an aborted connection would reconnect for further requests, which this test does not make.
  const dispatcher = new Agent()
  t.teardown(() => dispatcher.destroy())
  const answer = await request(`${target.url}/v1/notifications/${id}/events`, {
    headers: { authorization: `Bearer ${key}`, ...headers }, dispatcher
  })
  const { statusCode: status, headers: answered } = answer
  const watching: Watching = {
    status, headers: answered, events: [], text: () => text, isEnded: () => isEnded, leave: () => { dispatcher.destroy() }
  }
  let [text, rest, isEnded] = ['', '', false]
  answer.body.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    const blocks = (rest + chunk).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const fields = Object.fromEntries(block.split('\n').map((line) => [line.split(': ')[0], line.slice(line.indexOf(': ') + 2)]))
      if (fields['event'] !== undefined) watching.events.push({ event: fields['event'], id: fields['id'] ?? '', data: JSON.parse(fields['data'] ?? '') })
    }
  }).on('end', () => { isEnded = true }).on('error', () => {})
  return watching
}

/** Counts only the statements that read a notification's progress. */
function countReads (sql: Sql, self: unknown, statement: Parameters<Sql>): unknown {
  if (String(statement[0]).startsWith('status, planned_at is not null')) reads++
  return Reflect.apply(sql, self, statement)
}

async function send (fields: object = {}): Promise<string> {
  return textAt((await api.ask('POST', '/v1/notifications', { token, body: { ...noteTo(...users), ...fields } })).body, 'id')
}

const settleAll = (id: string) => api.database.sql`
  update deliveries set state = 'sent', due_at = null, job_id = null, attempts = 1, receipt = '{"id":"p"}' where notification_id = ${id.slice(4)}`

t.test('streams the progress of a notification until its end', async (t) => {
  const id = await send()
  const watching = await watch(id)
  t.equal(watching.status, 200)
  t.match(watching.headers, { 'content-type': /^text\/event-stream/, 'cache-control': /no-cache/, 'x-accel-buffering': 'no' })
  await until(() => watching.events.length > 0)
  t.match(watching.text(), /^retry: \d+\n\n/)
  t.match(watching.events[0], {
    event: 'progress', id: /./, data: { status: 'accepted', deliveries: 4, counts: { queued: 4 }, progress: [{ provider: 'pushbullet', counts: { queued: 4 } }] }
  })
  await settleAll(id)
  await until(() => watching.isEnded())
  t.equal(watching.events.length, 2, 'it sends no event twice')
  t.match(watching.events[1], { data: { status: 'completed', counts: { sent: 4, queued: 0 } } })
  t.not(watching.events[0]?.id, watching.events[1]?.id)

  t.equal((await watch(id, { 'last-event-id': watching.events[1]?.id ?? '' })).status, 204, 'there is no event left for a client that reconnects')
  const late = await watch(id, { 'last-event-id': watching.events[0]?.id ?? '' })
  await until(() => late.isEnded())
  t.same(late.events, [watching.events[1]], 'a client that missed the end receives it')
})

t.test('streams the progress of a broadcast, and does not repeat seen events', async (t) => {
  const id = await send({ audience: { everyone: true } })
  const watching = await watch(id)
  await until(() => watching.events.length === 1)
  t.match(watching.events[0]?.data, { status: 'accepted', deliveries: 0, progress: [] })
  await planBroadcast(api, id)
  await until(() => watching.events.length === 2)
  t.match(watching.events[1]?.data, { status: 'accepted', deliveries: 4, counts: { queued: 4 } })

  const again = await watch(id, { 'last-event-id': watching.events[1]?.id ?? '' })
  await api.ask('POST', `/v1/notifications/${id}/pause`, { token })
  await until(() => again.events.length > 0 && watching.events.length === 3)
  t.match(again.events[0]?.data, { status: 'paused' }, 'the first event is new')
  t.same(again.events[0], watching.events[2], 'a pause is a new event, although no count has changed')

  await api.ask('POST', `/v1/notifications/${id}/cancel`, { token })
  await until(() => watching.events.length === 4)
  t.match(watching.events[3]?.data, { status: 'canceled', counts: { queued: 4 } })
  t.notOk(watching.isEnded(), 'connections without a row must still be canceled')
  await api.database.sql`insert into deliveries (notification_id, connection_id, provider, state, reason)
    select ${id.slice(4)}, id, provider, 'canceled', 'canceled' from connections`
  await api.database.sql`update progress set queued = 0, version = version + 1 where notification_id = ${id.slice(4)}`
  await until(() => watching.isEnded() && again.isEnded())
  t.match(watching.events.at(-1)?.data, { status: 'canceled', deliveries: 4, counts: { queued: 0, canceled: 4 } })
})

t.test('reads the progress once per second for any number of clients', async (t) => {
  const id = await send()
  const all = await Promise.all(Array.from({ length: 20 }, () => watch(id)))
  await until(() => all.every(({ events }) => events.length === 1))
  const [before, startedAt] = [reads, performance.now()]
  await until(() => reads >= before + 3)
  t.ok(performance.now() - startedAt > 1_800, 'three reads take two seconds')
  for (const { leave } of all) leave()
  let last = -1
  await t.resolves(until(() => {
    const isStill = reads === last
    last = reads
    return isStill
  }, { everyMs: 2_500, what: 'two seconds without a read' }), 'and none without a stream')
})

t.test('does not delay the shutdown of a server', async (t) => {
  const own = await openTestApi(t)
  const key = await own.makeKey()
  await connectUsers(own, ['ann'])
  const id = textAt((await own.ask('POST', '/v1/notifications', { token: key, body: noteTo('ann') })).body, 'id')
  const watching = await watch(id, {}, own, key)
  await until(() => watching.events.length === 1)
  const closing = own.close().then(() => 'closed')
  t.equal(await Promise.race([closing, delay(60_000, 'late', { ref: false })]), 'closed')
  await until(() => watching.isEnded())
})

t.test('ends when its key is revoked or loses its scope', async (t) => {
  const id = await send()
  const changes = {
    revoked: (keyId: string) => api.database.sql`update api_keys set revoked_at = now() where id = ${keyId}`,
    'without its scope': (keyId: string) => api.database.sql`update api_keys set scopes = '{notifications:write}' where id = ${keyId}`
  }
  for (const [what, change] of Object.entries(changes)) {
    const key = await api.makeKey('notifications:read', 'notifications:write')
    const watching = await watch(id, {}, api, key)
    const other = await watch(id)
    await until(() => watching.events.length === 1 && other.events.length === 1)
    await change(key.slice(3, 35))
    // The API caches a key for ten seconds.
    api.advance(10_001)
    await until(() => watching.isEnded(), { what: `the end of a stream whose key is ${what}` })
    t.notOk(other.isEnded(), 'the other stream continues')
    t.match((await watch(id, {}, api, key)).status, what === 'revoked' ? 401 : 403)
    other.leave()
  }
})

t.test('requires the scope, and returns 404 for an unknown notification', async (t) => {
  t.equal((await api.ask('GET', '/v1/notifications/ntf_01890000-0000-7000-8000-000000000000/events', { token })).status, 404)
  t.equal((await api.ask('GET', '/v1/notifications/x/events', { token })).status, 404)
  t.equal((await api.ask('GET', `/v1/notifications/${await send()}/events`, { token: await api.makeKey('notifications:write') })).status, 403)
})
