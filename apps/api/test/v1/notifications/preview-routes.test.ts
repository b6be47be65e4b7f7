import t from 'tap'
import { at, openTestApi, textAt } from '../../open-api.ts'
import { connectUsers, noteTo, planBroadcast } from '../seed.ts'

const api = await openTestApi(t)
const token = await api.makeKey()
const users = Array.from({ length: 10 }, (_, index) => `user-${index}`)
const connections = await connectUsers(api, users)
const preview = (body: unknown, key = token) => api.ask('POST', '/v1/notifications/preview', { token: key, body })
const uuid = (user: string) => (connections.get(user) ?? '').slice(4)
await api.makeUser('unconnected')
await api.database.sql`update connections set status = 'needsReauth', status_reason = 'no' where id = ${uuid('user-1')}`
await api.ask('DELETE', `/v1/connections/${connections.get('user-2')}`, { token })

t.test('counts an audience of named users', async (t) => {
  const { status, body } = await preview({ audience: { userIds: ['user-0', 'user-1', 'user-2', 'unconnected', 'outsider'] } })
  t.equal(status, 200)
  t.same(body, { total: 2, providers: [{ provider: 'pushbullet', reachable: 1, parked: 1, muted: 0 }], unreachable: 3, estimatedSeconds: null })
  t.same((await preview({ audience: { userIds: ['outsider'] }, providers: ['pushbullet'] })).body, {
    total: 0, providers: [{ provider: 'pushbullet', reachable: 0, parked: 0, muted: 0 }], unreachable: 1, estimatedSeconds: 0
  })
})

t.test('counts everyone', async (t) => {
  t.same((await preview({ audience: { everyone: true } })).body, {
    total: 9, providers: [{ provider: 'pushbullet', reachable: 8, parked: 1, muted: 0 }], unreachable: 0, estimatedSeconds: null
  })
})

t.test('shows what each provider would show of a message', async (t) => {
  const message = {
    type: 'link',
    title: 'Ready',
    body: 'Your order',
    url: 'https://SITE.example',
    image: 'https://site.example/a.png',
    level: 'info',
    actions: [{ title: 'Track it', url: 'https://site.example/7' }],
    urgency: 'high',
    collapseKey: 'order-7'
  }
  const { status, body } = await preview({ audience: { userIds: ['user-0'] }, message })
  t.equal(status, 200)
  t.same(at(body, 'providers'), [{
    provider: 'pushbullet',
    reachable: 1,
    parked: 0,
    muted: 0,
    shows: {
      title: 'Ready',
      text: 'Your order\nTrack it: https://site.example/7',
      url: 'https://site.example/',
      shortened: [],
      omitted: ['image', 'level', 'urgency', 'collapseKey']
    }
  }])
})

t.test('shows of a file only its name, and says which providers would refuse it', async (t) => {
  const own = await openTestApi(t, { offer: ['pushbullet', 'blotre'] })
  const file = { name: 'a.png', type: 'image/png', data: Buffer.alloc(2 * 1024 * 1024).toString('base64') }
  const { body } = await own.ask('POST', '/v1/notifications/preview', {
    token: await own.makeKey(), body: { audience: { everyone: true }, message: { type: 'file', body: 'Look', file } }
  })
  t.match(at(body, 'providers'), [
    { provider: 'pushbullet', shows: { text: 'Look', file: { name: 'a.png', type: 'image/png', data: undefined } } },
    { provider: 'blotre', refuses: 'a stream shows a color and tags, no files', shows: undefined }
  ])
})

t.test('estimates the duration from the latest broadcasts', async (t) => {
  for (const seconds of [8, 80]) {
    const { body } = await api.ask('POST', '/v1/notifications', { token, body: { ...noteTo(), audience: { everyone: true } } })
    const id = textAt(body, 'id')
    await planBroadcast(api, id)
    await api.database.sql`
      update progress set queued = 0, sent = 16, started_at = now() - ${seconds}::int * interval '1 second', ended_at = now()
      where notification_id = ${id.slice(4)}`
  }
  t.match((await preview({ audience: { everyone: true } })).body, { total: 9, estimatedSeconds: 4 }, '8 deliveries at 16 per second, in 8 seconds')
})

t.test('estimates the duration from the configured limit', async (t) => {
  const own = await openTestApi(t, { change: () => ({ perSecond: new Map([['pushbullet', 3]]) }) })
  await connectUsers(own, users)
  const { body } = await own.ask('POST', '/v1/notifications/preview', { token: await own.makeKey(), body: { audience: { everyone: true } } })
  t.match(body, { total: 10, estimatedSeconds: 4 })
})

t.test('sends nothing', async (t) => {
  t.same(await api.database.sql`select from deliveries`, [])
})

t.test('refuses the same input as a notification', async (t) => {
  t.match(await preview({ audience: { userIds: [] } }), { status: 400, body: { errors: [{ path: 'audience.userIds' }] } })
  t.match(await preview({ audience: { userIds: ['a'] }, providers: ['nobody'] }), { status: 400, body: { errors: [{ path: 'providers.0' }] } })
  t.match(await preview({ audience: { userIds: ['a'] }, message: {} }), { status: 400, body: { errors: [{ path: 'message.type' }] } })
  t.match(await preview({ audience: { userIds: ['a'] }, message: { type: 'link', url: 'site' } }), { status: 400, body: { errors: [{ path: 'message.url' }] } })
  t.match(await preview({ audience: { userIds: ['a'] }, sendAt: 'now' }), { status: 400, body: { errors: [{ path: 'sendAt' }] } })
  t.equal((await preview({ audience: { everyone: true } }, await api.makeKey('notifications:write'))).status, 403)
  t.equal((await preview({ audience: { userIds: ['a'] } }, await api.makeKey('notifications:read'))).status, 403)
})
