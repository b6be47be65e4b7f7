import t from 'tap'
import { until } from '@carillon/testing'
import { request } from 'undici'
import { openTestApi } from '../open-api.ts'

const api = await openTestApi(t)
const { sql } = api.database
const token = await api.makeKey()
const note = (title: string) => ({ audience: { userIds: ['ann'] }, message: { type: 'note', title } })
const send = (key: string, body: unknown, { as = token, path = '/v1/notifications' } = {}) =>
  api.ask('POST', path, { token: as, body, headers: { 'idempotency-key': key } })
const count = async () => (await sql`select id from notifications`).length
const idOf = ({ body }: { body: unknown }) => (body as { id: string }).id
const expireLeases = () => sql`update idempotency_keys set lease_until = now() - interval '1 second' where lease_id is not null`

t.test('responds to a repeated request as to the first', async (t) => {
  const before = await count()
  const first = await send('again', note('Once'))
  const second = await send('again', note('Once'))
  t.match(first, { status: 202, headers: { 'idempotency-replayed': undefined } })
  t.same(second.body, first.body)
  t.match(second, {
    status: 202, headers: { 'idempotency-replayed': 'true', location: first.headers['location'], 'content-type': first.headers['content-type'] }
  })
  t.equal(await count(), before + 1)
})

t.test('creates one notification for 200 requests at the same time', async (t) => {
  const before = await count()
  const answers = await Promise.all(Array.from({ length: 200 }, () => send('storm', note('Only one'))))
  const accepted = answers.filter(({ status }) => status === 202)
  t.equal(new Set(accepted.map(idOf)).size, 1)
  t.equal(accepted.filter(({ headers }) => headers['idempotency-replayed'] === undefined).length, 1, 'one was handled')
  for (const { status, headers, body } of answers.filter(({ status }) => status !== 202)) {
    t.match({ status, headers, body }, { status: 409, headers: { 'retry-after': '1' }, body: { code: 'idempotencyKeyInUse' } })
  }
  t.equal(await count(), before + 1)
})

t.test('refuses the key for a different request', async (t) => {
  await send('mine', note('First'))
  t.match(await send('mine', note('Second')), { status: 422, body: { code: 'idempotencyKeyReused' } })
  t.match(await send('mine', { notifications: [note('First')] }, { path: '/v1/notifications/batch' }), { status: 422 })
})

t.test('keys of different callers are different', async (t) => {
  const first = await send('shared', note('Of one'))
  const second = await send('shared', note('Of the other'), { as: await api.makeKey() })
  t.match([first.status, second.status], [202, 202])
  t.not(idOf(first), idOf(second))
})

t.test('a key can be used again after the request was refused', async (t) => {
  t.match(await send('typo', { ...note('Mistake'), expiresAt: '2001-01-01T00:00:00Z' }), { status: 400 })
  t.match(await send('typo', note('Mended')), { status: 202, headers: { 'idempotency-replayed': undefined } })
})

t.test('refuses an empty key and one that is too long', async (t) => {
  for (const key of ['', 'k'.repeat(256)]) t.match(await send(key, note('No')), { status: 400, body: { code: 'invalidInput' } })
})

t.test('accepts a batch once, also after a crash', async (t) => {
  const many = { ...note('C'), audience: { userIds: ['ann', 'ben', 'cleo', 'dora'] } }
  const body = { notifications: [note('A'), note('B'), many] }
  const before = await count()
  const first = await send('batch', body, { path: '/v1/notifications/batch' })
  // As if the process had crashed after the commit.
  await sql`update idempotency_keys set response = null where response is not null`
  const second = await send('batch', body, { path: '/v1/notifications/batch' })
  const idsOf = ({ body }: { body: unknown }) => (body as { data: Array<{ id: string }> }).data.map(({ id }) => id)
  t.equal(idsOf(first).length, 3)
  t.same(idsOf(second), idsOf(first))
  const namedBy = ({ body }: { body: unknown }) => (body as { data: Array<{ audience: object }> }).data[2]?.audience
  t.same(namedBy(first), { userIds: ['ann', 'ben', 'cleo'] }, 'a list names few recipients')
  t.same(namedBy(second), namedBy(first))
  t.equal(await count(), before + 3)
})

t.test('a request that takes over from one that still runs creates nothing twice', async (t) => {
  const before = await count()
  let first: Promise<{ status: number, body: unknown }> | undefined
  let second: typeof first
  await sql.begin(async (tx) => {
    await tx`lock table notifications in exclusive mode`
    first = send('slow', note('Slow'))
    await until(async () => (await sql`select 1 from idempotency_keys where lease_id is not null`).length === 1)
    t.match(await send('slow', note('Slow')), { status: 409 }, 'it holds the key')
    await expireLeases()
    second = send('slow', note('Slow'))
    await until(async () => (await sql`select 1 from idempotency_keys where lease_until > now()`).length === 1)
  })
  const answers = await Promise.all([first, second])
  t.match(answers, [{ status: 202 }, { status: 202 }])
  t.equal(new Set(answers.map((answer) => answer && idOf(answer))).size, 1)
  t.equal(await count(), before + 1)
})

t.test('a caller that hangs up gets the response later', async (t) => {
  const before = await count()
  const ending = new AbortController()
  await sql.begin(async (tx) => {
    await tx`lock table notifications in exclusive mode`
    const first = request(`${api.url}/v1/notifications`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': 'hung-up' },
      body: JSON.stringify(note('Hung up')),
      signal: ending.signal
    }).catch(() => undefined)
    await until(async () => (await sql`select 1 from idempotency_keys where lease_id is not null`).length === 1)
    ending.abort()
    await first
  })
  await until(async () => (await sql`select 1 from idempotency_keys where lease_id is not null`).length === 0)
  t.match(await send('hung-up', note('Hung up')), { status: 202, headers: { 'idempotency-replayed': 'true' } })
  t.equal(await count(), before + 1)
})

t.test('stores neither keys nor tokens in clear', async (t) => {
  const first = await send('secret-of-the-caller', { userId: 'ann' }, { path: '/v1/user-tokens' })
  t.equal(first.status, 201)
  const stored = JSON.stringify(await sql`select * from idempotency_keys`)
  t.notMatch(stored, 'secret-of-the-caller')
  t.notMatch(stored, (first.body as { token: string }).token)
  t.same((await send('secret-of-the-caller', { userId: 'ann' }, { path: '/v1/user-tokens' })).body, first.body)
})

t.test('repeats the secret of an endpoint, which is stored sealed', async (t) => {
  const create = () => send('endpoint', { url: 'https://site.example/', events: ['*'] }, { path: '/v1/endpoints' })
  const created = await create()
  const { id, secret } = created.body as { id: string, secret: string }
  const rotateSecret = () => send('rotation', undefined, { path: `/v1/endpoints/${id}/rotate-secret` })
  const rotated = await rotateSecret()
  const { secret: newSecret } = rotated.body as { secret: string }
  t.not(newSecret, secret)
  t.same((await create()).body, created.body)
  t.same((await rotateSecret()).body, rotated.body)
  const stored = JSON.stringify([await sql`select * from idempotency_keys`, await sql`select * from endpoints`])
  for (const text of [secret, newSecret]) t.notOk(stored.includes(text) || stored.includes(text.slice('whsec_'.length)))
})

t.test('GET ignores the header', async (t) => {
  t.match(await api.ask('GET', '/v1/notifications', { token, headers: { 'idempotency-key': 'read' } }), { status: 200 })
  t.match(await api.ask('GET', '/v1/notifications', { token, headers: { 'idempotency-key': 'read' } }), { headers: { 'idempotency-replayed': undefined } })
})

t.test('a repeated request that is refused does not free the key of one that was accepted', async (t) => {
  const before = await count()
  const body = { ...note('Soon over'), expiresAt: new Date(Date.now() + 60_000).toISOString() }
  t.match(await send('expired', body), { status: 202 })
  // As if the process had crashed after the commit.
  await sql`update idempotency_keys set response = null where response is not null`
  api.advance(120_000)
  t.match(await send('expired', body), { status: 400 })
  t.match(await send('expired', note('Corrected')), { status: 422, body: { code: 'idempotencyKeyReused' } })
  t.equal(await count(), before + 1)
})
