import t from 'tap'
import { at, openTestApi, textAt } from '../../open-api.ts'
import { connectUsers, noteTo } from '../seed.ts'

const api = await openTestApi(t)
const token = await api.makeKey()
const get = (path: string) => api.ask('GET', path, { token })
const unknown = Array.from({ length: 10_000 }, (_, index) => `unknown-${String(index).padStart(5, '0')}-${'x'.repeat(200)}`)
const sizeOf = (value: unknown) => JSON.stringify(value).length

const { body: made } = await api.ask('POST', '/v1/notifications', { token, body: noteTo(...unknown) })
const id = textAt(made, 'id')

t.test('lists a hundred of ten thousand users and returns their number', async (t) => {
  for (const body of [made, (await get(`/v1/notifications/${id}`)).body]) {
    t.match(body, { audienceCount: 10_000, unreachableCount: 10_000 })
    t.same(at(body, 'audience.userIds'), unknown.slice(0, 100))
    t.same(at(body, 'unreachable'), unknown.slice(0, 100).map((userId) => ({ userId, reason: 'unknownUser' })))
    t.ok(sizeOf(body) < 100_000, `${sizeOf(body)} bytes`)
  }
})

t.test('lists three in lists and batches', async (t) => {
  const { body: batch } = await api.ask('POST', '/v1/notifications/batch', {
    token, body: { notifications: Array.from({ length: 5 }, () => noteTo(...unknown.slice(0, 1_000))) }
  })
  const { body: list } = await get('/v1/notifications?limit=200')
  for (const body of [batch, list]) {
    for (const one of Object.values(at(body, 'data') ?? {})) {
      t.same(at(one, 'audience.userIds'), unknown.slice(0, 3))
      t.equal(Object.keys(at(one, 'unreachable') ?? {}).length, 3)
    }
    t.ok(sizeOf(body) < 20_000, `${sizeOf(body)} bytes`)
  }
  t.match(at(list, 'data.0'), { audienceCount: 1_000, unreachableCount: 1_000 })
})

t.test('lists all unreachable users, page by page', async (t) => {
  const found: unknown[] = []
  let cursor = ''
  for (let page = 0; page < 100; page++) {
    const { status, body } = await get(`/v1/notifications/${id}/unreachable?limit=200${cursor}`)
    t.equal(status, 200)
    found.push(...Object.values(at(body, 'data') ?? {}))
    if (at(body, 'nextCursor') === null) break
    cursor = `&cursor=${textAt(body, 'nextCursor')}`
  }
  t.same(found, unknown.map((userId) => ({ userId, reason: 'unknownUser' })))
  for (const odd of ['x', 'MA', 'MDE', 'LTE', Buffer.from('9999999999').toString('base64url')]) {
    t.match(await get(`/v1/notifications/${id}/unreachable?cursor=${odd}`), { status: 400, body: { errors: [{ path: 'cursor' }] } }, odd)
  }
  t.match(await get('/v1/notifications/ntf_x/unreachable'), { status: 404 })
})

t.test('lists small audiences completely, and counts teams and everyone', async (t) => {
  await connectUsers(api, ['ann'])
  const post = async (audience: object) => (await api.ask('POST', '/v1/notifications', { token, body: { ...noteTo('x'), audience } })).body
  const cases: Array<[object, object]> = [
    [{ userIds: ['ann', 'nobody'] }, { audienceCount: 2, unreachableCount: 1, unreachable: [{ userId: 'nobody', reason: 'unknownUser' }] }],
    [{ teamIds: ['nowhere'] }, { audienceCount: 1, unreachableCount: 1, unreachable: [{ teamId: 'nowhere', reason: 'unknownTeam' }] }],
    [{ everyone: true }, { audienceCount: null, unreachableCount: 0, unreachable: [] }]
  ]
  for (const [audience, expected] of cases) {
    const body = await post(audience)
    t.match(body, { audience, ...expected })
    t.same((await get(`/v1/notifications/${textAt(body, 'id')}`)).body, body)
  }
})

t.test('returns the latest two hundred events of a delivery and of a connection', async (t) => {
  const connection = (await connectUsers(api, ['busy'])).get('busy') ?? ''
  const { body } = await api.ask('POST', '/v1/notifications', { token, body: noteTo('busy') })
  const notification = textAt(body, 'id')
  const path = `/v1/notifications/${notification}/deliveries/${connection}`
  t.equal(Object.keys(at((await get(path)).body, 'history') ?? {}).length, 1, 'the history has one event')
  await api.database.sql`
    update deliveries set history = (
      select jsonb_agg(jsonb_build_object('at', now(), 'event', 'wait', 'durationMs', number) order by number) from generate_series(1, 1000) as number
    ) where notification_id = ${notification.slice(4)}`
  const history = Object.values(at((await get(path)).body, 'history') ?? {})
  t.same([history.length, at(history[0], 'durationMs'), at(history.at(-1), 'durationMs')], [200, 801, 1_000])

  await api.database.sql`
    insert into connection_events (id, connection_id, event, reason)
    select ('ffffffff-ffff-7fff-8fff-' || lpad(to_hex(number), 12, '0'))::uuid, ${connection.slice(4)}, 'connection.recovered', number::text
    from generate_series(1, 300) as number`
  const events = Object.values(at((await get(`/v1/connections/${connection}`)).body, 'events') ?? {})
  t.same([events.length, at(events[0], 'reason'), at(events.at(-1), 'reason')], [200, '101', '300'])
})
