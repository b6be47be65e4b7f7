import t from 'tap'
import { at, openTestApi, textAt } from '../../open-api.ts'
import type { TestApi } from '../../open-api.ts'
import { openWalk } from '../../handshakes/walk.ts'
import { connectUsers, noteTo } from '../seed.ts'

const api = await openTestApi(t)
const token = await api.makeKey()

t.test('lists connections page by page, and by user, provider and status', async (t) => {
  const users = Array.from({ length: 5 }, (_, index) => `list-${index}`)
  const ids = await connectUsers(api, users)
  await api.ask('DELETE', `/v1/connections/${ids.get('list-3')}`, { token })
  const seen: unknown[] = []
  let cursor: unknown = ''
  for (let pages = 0; cursor !== null && pages < 10; pages++) {
    const { body } = await api.ask('GET', `/v1/connections?limit=2${cursor === '' ? '' : `&cursor=${String(cursor)}`}`, { token })
    seen.push(...Object.values(at(body, 'data') ?? {}).map((item) => at(item, 'id')))
    cursor = at(body, 'nextCursor')
  }
  t.same(seen, [...ids.values()])
  const only = async (query: string) => {
    const { body } = await api.ask('GET', `/v1/connections?${query}`, { token })
    return Object.values(at(body, 'data') ?? {}).map((item) => at(item, 'userId'))
  }
  t.same(await only('userId=list-2'), ['list-2'])
  t.same(await only('status=revoked'), ['list-3'])
  t.same(await only('provider=pushbullet&status=active&limit=200'), users.filter((user) => user !== 'list-3'))
  t.same(await only('provider=nobody'), [])
  t.equal((await api.ask('GET', '/v1/connections?status=lost', { token })).status, 400)
})

t.test('returns everything about a connection except its credentials', async (t) => {
  const id = (await connectUsers(api, ['whole'])).get('whole')
  const { body } = await api.ask('GET', `/v1/connections/${id}`, { token })
  t.same(Object.keys(Object(body)).sort(), [
    'account', 'connectedBy', 'createdAt', 'events', 'expiresAt', 'id', 'label', 'limitedUntil', 'missingPermissions', 'muted',
    'mutedReason', 'provider', 'revocation',
    'status', 'statusReason', 'teamId', 'updatedAt', 'userId'
  ])
})

t.test('shows a user her own connections, and refuses access to all others', async (t) => {
  const ids = await connectUsers(api, ['ida', 'eve'])
  const ida = await api.makeUser('ida')
  const list = await api.ask('GET', '/v1/connections', { token: ida })
  t.match(list.body, { data: [{ id: ids.get('ida') }], nextCursor: null })
  t.match((await api.ask('GET', '/v1/connections?userId=eve', { token: ida })).body, { data: [], nextCursor: null })
  t.equal((await api.ask('GET', `/v1/connections/${ids.get('ida')}`, { token: ida })).status, 200)
  for (const [method, path] of [['GET', ''], ['DELETE', ''], ['POST', '/test']] as const) {
    t.equal((await api.ask(method, `/v1/connections/${ids.get('eve')}${path}`, { token: ida })).status, 404)
  }
  t.match((await api.ask('GET', `/v1/connections/${ids.get('eve')}`, { token })).body, { status: 'active' })
})

t.test('deletes the credentials and skips waiting deliveries when a user disconnects', async (t) => {
  const user = await api.makeUser('leaver')
  await (await openWalk(api, user)).finish()
  const id = textAt((await api.ask('GET', '/v1/connections', { token: user })).body, 'data.0.id')
  const notification = textAt((await api.ask('POST', '/v1/notifications', { token, body: noteTo('leaver') })).body, 'id')

  const gone = await api.ask('DELETE', `/v1/connections/${id}`, { token: user })
  t.match([gone.status, gone.body], [204, ''])
  t.match((await api.ask('GET', `/v1/connections/${id}`, { token: user })).body, { status: 'revoked', statusReason: 'disconnected' })
  const [row] = await api.database.sql<Array<{ credentials: string | null }>>`select credentials from grants where id = ${id.slice(4)}`
  t.equal(row?.credentials, null)
  t.match((await api.ask('GET', `/v1/notifications/${notification}/deliveries/${id}`, { token })).body, {
    state: 'skipped', reason: 'disconnected', explanation: /^Skipped at .*, because the user disconnected Pushbullet\.$/
  })
  t.match((await api.ask('GET', '/v1/connectors', { token: user })).body, { data: [{ connection: null }] })
  t.match((await api.ask('POST', '/v1/notifications', { token, body: noteTo('leaver') })).body, {
    deliveries: 0, unreachable: [{ userId: 'leaver', reason: 'notConnected' }]
  })
  t.equal((await api.ask('DELETE', `/v1/connections/${id}`, { token: user })).status, 204, 'disconnecting again is not an error')
  t.match([(await api.ask('POST', `/v1/connections/${id}/test`, { token: user })).status], [409])

  await (await openWalk(api, user)).finish()
  t.match((await api.ask('GET', '/v1/connections', { token: user })).body, { data: [{ id, status: 'active' }] }, 'and the user may reconnect')
})

t.test('names and mutes a connection, whose deliveries are skipped meanwhile', async (t) => {
  const id = (await connectUsers(api, ['quiet', 'other'])).get('quiet')
  const [user, outsider] = [await api.makeUser('quiet'), await api.makeUser('outsider')]
  const patch = (body: unknown, as = user) => api.ask('PATCH', `/v1/connections/${id}`, { token: as, body })
  const muted = { label: 'Work phone', muted: true }
  t.match(await patch(muted), { status: 200, body: { ...muted, mutedReason: 'muted' } })
  t.equal((await patch({ muted: false }, outsider)).status, 404)
  t.match(await patch({ label: '' }), { status: 400, body: { errors: [{ path: 'label' }] } })
  t.match(await patch({ label: 'a\u202Eb' }), { status: 400, body: { errors: [{ path: 'label' }] } })
  t.match(await patch({ silent: true }), { status: 400, body: { errors: [{ path: 'silent' }] } })

  const accepted = await api.ask('POST', '/v1/notifications', { token, body: noteTo('quiet') })
  t.match(accepted.body, { status: 'completed', deliveries: 1, counts: { skipped: 1, queued: 0 }, unreachable: [] })
  t.match((await api.ask('GET', `/v1/notifications/${textAt(accepted.body, 'id')}/deliveries/${id}`, { token })).body, {
    state: 'skipped', reason: 'muted', explanation: /^Skipped at .*, because the user muted this connection to Pushbullet\.$/
  })
  const unmuted = { label: null, muted: false }
  t.match(await patch(unmuted, token), { status: 200, body: { ...unmuted, mutedReason: null } })
  t.match((await api.ask('POST', '/v1/notifications', { token, body: noteTo('quiet') })).body, { status: 'accepted', counts: { queued: 1 } })
  const { body } = await api.ask('GET', '/v1/connectors', { token: user })
  t.match(body, { data: [{ accounts: 'one', connection: { id }, connections: [{ id }] }] })
  await api.ask('DELETE', `/v1/connections/${id}`, { token: user })
  t.equal((await patch({ muted: true })).status, 409)
})

t.test('sends a test message immediately', async (t) => {
  const id = (await connectUsers(api, ['tester'])).get('tester')
  const { status, body } = await api.ask('POST', `/v1/connections/${id}/test`, { token })
  t.equal(status, 200)
  t.match(body, { ok: true, receipt: { id: String } })
  t.match(await lastPush(api), { title: 'Test from Bell & Sons', body: 'This connection works.' })
})

const failures = [
  [{ status: 401 }, { kind: 'unauthorized', reason: 'access token is not accepted', status: 401 }, 'needsReauth'],
  [{ status: 429, headers: { 'x-ratelimit-reset': Math.floor(Date.now() / 1000) + 600 } }, { kind: 'rateLimited', retryAt: String }, 'active'],
  [{ status: 503, body: '<h1>Busy</h1>' }, { kind: 'transient', status: 503 }, 'active'],
  [{ reset: 'before' }, { kind: 'transient' }, 'active']
] as const

for (const [fault, error, connectionStatus] of failures) {
  t.test(`reports that a test was ${error.kind}${'status' in error ? ` (${error.status})` : ''}`, async (t) => {
    const user = `failing-${JSON.stringify(fault).length}`
    const id = (await connectUsers(api, [user])).get(user)
    await api.control('POST', '/faults', { provider: 'pushbullet', match: 'POST /v2/pushes', times: 1, ...fault })
    t.teardown(() => api.control('DELETE', '/faults'))
    const { status, body } = await api.ask('POST', `/v1/connections/${id}/test`, { token })
    t.equal(status, 200)
    t.match(body, { ok: false, error })
    t.match((await api.ask('GET', `/v1/connections/${id}`, { token })).body, { status: connectionStatus })
    if (connectionStatus === 'needsReauth') {
      t.match((await api.ask('POST', `/v1/connections/${id}/test`, { token })).body, { ok: false, error: { kind: 'unauthorized' } })
    }
  })
}

t.test('sends no test through a rate-limited connection', async (t) => {
  const id = (await connectUsers(api, ['limited'])).get('limited') ?? ''
  await api.database.sql`update connections set limited_until = now() + interval '1 hour' where id = ${id.slice(4)}`
  t.match((await api.ask('POST', `/v1/connections/${id}/test`, { token })).body, { ok: false, error: { kind: 'rateLimited', retryAt: String } })
})

t.test('releases parked notifications when the user reconnects', async (t) => {
  const user = await api.makeUser('returner')
  await (await openWalk(api, user, { account: 'returner' })).finish()
  const id = textAt((await api.ask('GET', '/v1/connections', { token: user })).body, 'data.0.id')
  await api.control('POST', '/tokens/revoke', { provider: 'pushbullet', account: 'returner' })
  t.match((await api.ask('POST', `/v1/connections/${id}/test`, { token: user })).body, { ok: false, error: { kind: 'unauthorized' } })
  t.match((await api.ask('GET', '/v1/connectors', { token: user })).body, { data: [{ connection: { status: 'needsReauth' } }] })

  const notification = textAt((await api.ask('POST', '/v1/notifications', { token, body: noteTo('returner') })).body, 'id')
  const explain = async () => (await api.ask('GET', `/v1/notifications/${notification}/deliveries/${id}`, { token })).body
  t.match(await explain(), {
    state: 'parked',
    attempts: 0,
    dueAt: null,
    history: [{ event: 'parked', reason: 'access token is not accepted' }],
    explanation: /^Parked since .*\. Reason: access token is not accepted\. It is sent when the user reconnects Pushbullet\.$/
  })
  await (await openWalk(api, user, { account: 'returner' })).finish()
  t.match(await explain(), {
    state: 'queued', history: [{ event: 'parked' }, { event: 'released' }], explanation: /^Released at .* reconnected Pushbullet/
  })
  const [row] = await api.database.sql<Array<{ jobId: string | null }>>`
    select job_id as "jobId" from deliveries where notification_id = ${notification.slice(4)}`
  t.ok(row?.jobId, 'the delivery has a job')
})

async function lastPush (api: TestApi): Promise<unknown> {
  const inbox = await api.control('GET', '/inbox?provider=pushbullet')
  return at(Object.values(at(inbox, 'data') ?? {}).at(-1), 'item')
}
