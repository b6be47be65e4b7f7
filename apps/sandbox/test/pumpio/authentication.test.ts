import t from 'tap'
import { openTestPump } from './open-test-pump.ts'
import type { TestResponse } from './open-test-pump.ts'
import { headerOf, signed } from './sign.ts'

const pump = await openTestPump(t)
const ann = await pump.join()
const bob = await pump.join()
const profile = `/api/user/${ann.nickname}/profile`
const feed = `/api/user/${ann.nickname}/feed`

function says (status: number, text: string): object {
  return { status, type: 'text/plain', text }
}

t.test('accepts a request that is signed with a token', async (t) => {
  for (const signatureMethod of ['HMAC-SHA1', 'PLAINTEXT']) t.equal((await ann.call(profile, { signatureMethod })).status, 200)
  t.equal((await ann.call(`${feed}?count=2&q=%C3%A9+%21*%27%28%29`)).status, 200, 'query and all')
  t.equal((await bob.call(profile)).status, 200)
})

t.test('checks the signature with the requested host name', async (t) => {
  const url = `${pump.url.replace('127.0.0.1', 'localhost')}${profile}`
  const authorization = headerOf(signed(ann.keys, 'GET', url))
  t.equal((await fetch(url, { headers: { authorization } })).status, 200)
  t.match(await pump.call(profile, { headers: { authorization } }), says(400, 'Invalid signature'))
})

t.test('lets a client without a user read public objects', async (t) => {
  const client = { clientId: ann.keys.clientId, clientSecret: ann.keys.clientSecret }
  t.equal((await pump.call(profile, { keys: client })).status, 200)
  t.match(await pump.call('/api/whoami', { keys: client }), says(400, 'Missing required parameter'))
})

t.test('refuses a request without a signature, with JSON for reads and text for writes', async (t) => {
  for (const path of [profile, feed, '/api/whoami', `/api/user/${ann.nickname}/inbox`, '/api/note?id=x']) {
    t.match(await pump.call(path), { status: 401, type: 'application/json; charset=utf-8', json: { error: 'Not logged in.' } }, path)
  }
  const response = await pump.call(feed, { method: 'POST', body: {} })
  t.match(response, says(400, 'Missing required parameter'))
  t.equal(response.headers.get('www-authenticate'), 'OAuth realm="OAuth"')
})

t.test('refuses with the recorded errors, in plain text and with a challenge', async (t) => {
  const { keys } = ann
  const read = (changes: object): Promise<TestResponse> => pump.call(profile, { keys: { ...keys, ...changes } })
  const other = await pump.register()
  const rows: Array<[string, Promise<TestResponse>, object]> = [
    ['an unknown token', read({ token: 'unknown' }), says(400, 'Invalid / expired Token')],
    ['an unknown consumer key', read({ clientId: 'nobody' }), says(401, 'Invalid / used nonce')],
    ['a key that is not the token’s', read(other), says(401, 'Invalid / used nonce')],
    ['a wrong client secret', read({ clientSecret: 'wrong' }), says(400, 'Invalid signature')],
    ['a wrong token secret', read({ tokenSecret: 'wrong' }), says(400, 'Invalid signature')],
    ['an unknown client without a token', read({ clientId: 'nobody', token: undefined }), says(401, 'Invalid / used nonce')],
    ['a client’s wrong secret', read({ clientSecret: 'wrong', token: undefined }), says(400, 'Invalid signature')]
  ]
  for (const [name, call, expected] of rows) {
    const response = await call
    t.match(response, expected, name)
    t.equal(response.headers.get('www-authenticate'), 'OAuth realm="OAuth"', name)
  }
})

t.test('does not let one user act as another', async (t) => {
  for (const [path, method] of [[feed, 'POST'], [`/api/user/${ann.nickname}/inbox`, 'GET']] as const) {
    const response = await bob.call(path, { method, ...(method === 'POST' && { body: { object: { objectType: 'note' } } }) })
    t.match(response, { status: 401, json: { error: 'Not authorized' } }, path)
  }
  t.match(await ann.call('/api/user/nobody/profile'), { status: 404, json: { error: "No such 'user' with id 'nobody'" } })
})

t.test('accepts deliveries from other servers only', async (t) => {
  const client = { clientId: ann.keys.clientId, clientSecret: ann.keys.clientSecret }
  const response = await pump.call(`/api/user/${ann.nickname}/inbox`, { method: 'POST', body: {}, keys: client })
  t.match(response, { status: 401, json: { error: 'Authentication required' } })
})

t.test('fails at an invalid header', async (t) => {
  for (const authorization of ['OAuth', 'OAuth oauth_token']) {
    t.match(await pump.call(profile, { headers: { authorization } }), { status: 500, type: /^text\/html/ }, authorization)
  }
})

t.test('accepts a repeated and an old request, unless that quirk is off', async (t) => {
  const twice = async (): Promise<TestResponse[]> => {
    const authorization = headerOf(signed(ann.keys, 'GET', pump.url + profile))
    return [await pump.call(profile, { headers: { authorization } }), await pump.call(profile, { headers: { authorization } })]
  }
  t.match(await twice(), [{ status: 200 }, { status: 200 }])
  await pump.control('/quirks', { provider: 'pumpio', quirk: 'ignoresReplay', on: false })
  t.match(await twice(), [{ status: 200 }, says(401, 'Invalid / used nonce')])

  await pump.control('/clock', { advanceSeconds: 301 })
  t.match(await ann.call(profile), says(401, 'Invalid / used nonce'), 'too old')
  await pump.control('/quirks', { provider: 'pumpio', quirk: 'ignoresReplay', on: true })
  t.equal((await ann.call(profile)).status, 200)
})

t.test('returns 400 for a revoked token only', async (t) => {
  t.match(await pump.control('/tokens/expire', { provider: 'pumpio', account: bob.account }), { json: { expired: 0 } }, 'they never expire')
  t.equal((await bob.call(profile)).status, 200)
  t.match(await pump.control('/tokens/revoke', { provider: 'pumpio', account: bob.nickname }), { json: { revoked: 1 } })
  t.match(await bob.call(profile), says(400, 'Invalid / expired Token'))
  t.equal((await ann.call(profile)).status, 200)
})

t.test('reports a deleted client as a used nonce, and as an unknown client when the time is wrong too', async (t) => {
  const pump = await openTestPump(t)
  const carol = await pump.join()
  await pump.control('/pumpio/forget-clients')
  t.match(await carol.call(`/api/user/${carol.nickname}/profile`), says(401, 'Invalid / used nonce'))
  await pump.control('/clock', { advanceSeconds: 301 })
  t.match(await carol.call(`/api/user/${carol.nickname}/profile`), says(400, 'Invalid Consumer Key'))
})
