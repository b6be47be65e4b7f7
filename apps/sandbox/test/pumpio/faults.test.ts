import t from 'tap'
import { openTestPump } from './open-test-pump.ts'

const pump = await openTestPump(t)
const ann = await pump.join()
const profile = `/api/user/${ann.nickname}/profile`

t.test('sends pump.io\'s usual response for a status', async (t) => {
  const rows: Array<[number, object]> = [
    [400, { type: 'text/plain', text: 'Invalid / expired Token' }],
    [401, { type: /^application\/json/, json: { error: 'Not authorized' } }],
    [403, { json: { error: /author and recipients/ } }],
    [404, { json: { error: 'Not Found' } }],
    [429, { type: /^text\/html/, text: '429 Too Many Requests' }],
    [500, { type: /^text\/html/, text: '<pre>Internal Server Error</pre>' }],
    [503, { type: /^text\/html/, text: '503 Service Unavailable' }]
  ]
  for (const [status, expected] of rows) {
    t.equal((await pump.control('/faults', { provider: 'pumpio', match: 'GET /api/user/', status, times: 1 })).status, 201)
    t.match(await ann.call(profile), { status, ...expected }, String(status))
  }
  t.equal((await ann.call(profile)).status, 200)
})

t.test('applies faults to paths without a prefix, and not to those of other services', async (t) => {
  await pump.control('/faults', { provider: 'pushbullet', status: 503 })
  await pump.control('/faults', { provider: 'pumpio', match: 'er/user-1', status: 503, times: 1 })
  t.equal((await ann.call(profile)).status, 503)
  await pump.control('/faults', { provider: 'pumpio', match: 'GET er/', status: 503 })
  t.equal((await ann.call(profile)).status, 200)
})

t.test('counts by the paths that clients call', async (t) => {
  const endpoints = await (await fetch(`${pump.controlUrl}/stats`)).json() as { data: Array<{ endpoint: string, requests: number }> }
  t.match(endpoints.data.find(({ endpoint }) => endpoint === 'GET /api/user/:nickname/profile'), { requests: 10 })
})

t.test('creates many accounts for one client', async (t) => {
  const { json } = await pump.control('/accounts', { provider: 'pumpio', count: 3 })
  const data = json['data'] as Array<Record<string, string>>
  t.equal(new Set(data.map(({ account }) => account)).size, 3)
  t.equal(new Set(data.map(({ clientId }) => clientId)).size, 1)
  t.match(data, [{ account: `user-2@${pump.host}`, host: pump.host, accessToken: /./, accessTokenSecret: /./, clientSecret: /./ }])
})

t.test('deletes everything on reset', async (t) => {
  const quirks = async () => (await (await fetch(`${pump.controlUrl}/quirks`)).json() as { data: object[] }).data
  const before = await quirks()
  for (const [quirk, on] of [['ignoresVerifier', false], ['redirectsHostMeta', true]]) {
    await pump.control('/quirks', { provider: 'pumpio', quirk, on })
  }
  t.strictNotSame(await quirks(), before)
  t.equal((await pump.control('/reset')).status, 200)
  t.match(await ann.call(profile), { status: 400, text: 'Invalid / expired Token' })
  t.same(await quirks(), before)
})
