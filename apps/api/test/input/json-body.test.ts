import t from 'tap'
import { request } from 'undici'
import { at, openTestApi } from '../open-api.ts'
import { connectUsers, noteTo } from '../v1/seed.ts'

const api = await openTestApi(t)
const token = await api.makeKey()

async function send (path: string, body: Buffer | string, contentType = 'application/json') {
  const answer = await request(`${api.url}${path}`, {
    method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': contentType }, body
  })
  const text = await answer.body.text()
  return { status: answer.statusCode, body: text.startsWith('{') ? JSON.parse(text) : text }
}

const bytes = (text: string) => Buffer.from(text, 'latin1')

t.test('refuses bytes that are not UTF-8, whatever the charset parameter states', async (t) => {
  const note = '{"audience":{"userIds":["ann"]},"message":{"type":"note","title":"Caf\xe9"}}'
  const bodies: Array<[string, Buffer]> = [
    ['/v1/notifications', bytes(note)],
    ['/v1/notifications/preview', bytes('{"audience":{"userIds":["caf\xe9"]}}')],
    ['/v1/user-tokens', bytes('{"userId":"caf\xe9"}')],
    ['/v1/connections/import', bytes('{"connections":[{"userId":"caf\xe9"}]}')],
    ['/v1/user-tokens', Buffer.from('{"userId":"\ud800"}'.replace('\ud800', '\u0000'), 'utf16le')]
  ]
  for (const [path, body] of bodies) {
    for (const type of ['application/json', 'application/json; charset=iso-8859-1']) {
      const answer = await send(path, body, type)
      t.match([answer.status, answer.body.code, answer.body.detail], [400, 'malformedJson', /UTF-8|JSON/], `${path} as ${type}`)
    }
  }
  const [row] = await api.database.sql<[{ count: number }]>`select count(*)::int as count from users`
  t.equal(row.count, 0, 'it creates no user')
})

t.test('reads UTF-8 with and without a byte order mark', async (t) => {
  for (const mark of ['', '\ufeff']) {
    const answer = await send('/v1/user-tokens', `${mark}{"userId":"caf\u00e9"}`)
    t.equal(answer.status, 201)
  }
  const [row] = await api.database.sql<[{ id: string }]>`select external_id as id from users`
  t.equal(row.id, 'caf\u00e9')
})

t.test('accepts an empty JSON body where a request needs none', async (t) => {
  const connections = await connectUsers(api, ['eve'])
  const sent = await send('/v1/notifications', JSON.stringify({ ...noteTo('eve'), sendAt: new Date(Date.now() + 3_600_000).toISOString() }))
  t.equal(sent.status, 202)
  for (const step of ['pause', 'resume', 'cancel']) {
    t.equal((await send(`/v1/notifications/${sent.body.id}/${step}`, '')).status, 200, step)
  }
  t.equal((await send(`/v1/connections/${connections.get('eve')}/test`, '')).status, 200)
  const deleted = await api.ask('DELETE', `/v1/connections/${connections.get('eve')}`, { token, headers: { 'content-type': 'application/json' } })
  t.equal(deleted.status, 204)
  const needed = await send('/v1/user-tokens', '')
  t.match([needed.status, needed.body.code], [400, 'malformedJson'], 'it refuses an empty body where one is required')
})

t.test('returns numbers in data unchanged, or refuses them', async (t) => {
  await connectUsers(api, ['num'])
  const withData = (data: string) => `{"audience":{"userIds":["num"]},"message":{"type":"note","title":"x"},"data":${data}}`
  const kept = '{"a":9007199254740991,"b":-1.5,"c":123456789012345680000,"d":1e300,"e":0.1}'
  const { status, body } = await send('/v1/notifications', withData(kept))
  t.equal(status, 202)
  t.same((await api.ask('GET', `/v1/notifications/${body.id}`, { token })).body, body)
  t.same(body.data, JSON.parse(kept))

  for (const [data, path] of [
    ['{"a":9007199254740993}', 'data.a'], ['{"a":[0,1e400]}', 'data.a.1'], ['{"a":{"b":-1e-400}}', 'data.a.b'], ['{"a":0.10000000000000000001}', 'data.a']
  ] as const) {
    const refused = await send('/v1/notifications', withData(data))
    t.match([refused.status, refused.body.code, at(refused.body, 'errors.0.path')], [400, 'invalidInput', path], data)
    const batch = await send('/v1/notifications/batch', `{"notifications":[${withData('{}')},${withData(data)}]}`)
    t.match([batch.status, at(batch.body, 'errors.0.path')], [400, `notifications.1.${path}`])
  }
})

t.test("imports the provider's own data, including numbers of any size", async (t) => {
  const { data: [account] } = await api.control('POST', '/accounts', { provider: 'pushbullet', count: 1 }) as { data: Array<{ accessToken: string }> }
  const answer = await send('/v1/connections/import',
    `{"connections":[{"userId":"big","provider":"pushbullet","credentials":{"accessToken":"${account?.accessToken}","uid":17841400000000000001}}]}`)
  t.match(answer.body, { imported: 1, failed: 0 })
})
