import t from 'tap'
import { openTestSandbox } from '../open-test-sandbox.ts'

const sandbox = await openTestSandbox(t)

t.beforeEach(async () => { await sandbox.call('POST', '/_control/reset') })

t.test('counts requests, faults and responses per endpoint', async (t) => {
  const { v2 } = await sandbox.join()
  await sandbox.fault({ match: '/v2/pushes', reset: 'after', times: 1 })
  await v2('POST', '/pushes', { body: { type: 'note', body: 'a' } }).catch(() => {})
  await sandbox.fault({ match: '/v2/pushes', status: 500, times: 1 })
  for (const body of ['b', 'c']) await v2('POST', '/pushes', { body: { type: 'note', body } })
  await v2('POST', '/pushes/one', { body: {} })
  await v2('POST', '/pushes/two', { body: {} })
  await v2('GET', '/none')

  const { json } = await sandbox.call('GET', '/_control/stats')
  t.same(json, {
    data: [
      { provider: 'pushbullet', endpoint: 'POST /pushbullet/v2/pushes', requests: 3, faults: 2, answers: { 200: 1, 500: 1 } },
      { provider: 'pushbullet', endpoint: 'POST /pushbullet/v2/pushes/:iden', requests: 2, faults: 0, answers: { 404: 2 } },
      { provider: 'pushbullet', endpoint: 'GET /pushbullet/*', requests: 1, faults: 0, answers: { 404: 1 } }
    ],
    userAgents: [{ provider: 'pushbullet', userAgent: 'node', requests: 6 }],
    accounts: 1,
    items: 2
  })
})

t.test('advances the sandbox\'s clock', async (t) => {
  const { v2 } = await sandbox.join()
  const { status, json } = await sandbox.call('POST', '/_control/clock', { body: { advanceSeconds: 86400 } })
  t.equal(status, 200)
  const tomorrow = Date.now() / 1000 + 86400
  t.ok(Math.abs(Date.parse(String(json['now'])) / 1000 - tomorrow) < 60)
  const { json: push } = await v2('POST', '/pushes', { body: { type: 'note', body: 'later' } })
  t.ok(Math.abs(Number(push['created']) - tomorrow) < 60)
  const [arrival] = await sandbox.inbox()
  t.ok(Math.abs(Date.parse(String(arrival?.['at'])) / 1000 - tomorrow) < 60)
})

t.test('deletes everything on reset', async (t) => {
  const { accessToken, v2 } = await sandbox.join()
  await v2('POST', '/pushes', { body: { type: 'note', body: 'a' } })
  await sandbox.call('POST', '/_control/clock', { body: { advanceSeconds: 86400 } })
  await sandbox.fault({ delayMs: 600_000 })
  const held = v2('POST', '/pushes', { body: { type: 'note', body: 'b' } })
  while ((await sandbox.inbox()).length < 2);
  t.match(await sandbox.call('POST', '/_control/reset'), { status: 200 })
  t.match(await held, { status: 200 }, 'it releases delayed responses')

  t.same((await sandbox.call('GET', '/_control/stats')).json, { data: [], userAgents: [], accounts: 0, items: 0 })
  t.same((await sandbox.call('GET', '/_control/faults')).json, { data: [] })
  t.same(await sandbox.inbox(), [])
  t.match(await sandbox.call('GET', '/pushbullet/v2/users/me', { headers: { 'access-token': accessToken } }), { status: 401 })
  const { v2: fresh } = await sandbox.join()
  const { json: { created } } = await fresh('POST', '/pushes', { body: { type: 'note', body: 'now' } })
  t.ok(Math.abs(Number(created) - Date.now() / 1000) < 60, 'the clock is back')
})

t.test('accepts JSON with another content type, and an empty body with that of JSON', async (t) => {
  const body = '{"provider":"pushbullet","count":1}'
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  t.match(await sandbox.call('POST', '/_control/accounts', { body, headers }), { status: 200 })
  for (const [method, path] of [['DELETE', '/_control/faults'], ['POST', '/_control/reset']] as const) {
    t.match(await sandbox.call(method, path, { body: '', headers: { 'content-type': 'application/json' } }), { status: 200 })
  }
})
