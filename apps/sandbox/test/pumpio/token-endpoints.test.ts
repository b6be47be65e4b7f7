import t from 'tap'
import { openTestPump } from './open-test-pump.ts'
import type { TestResponse } from './open-test-pump.ts'
import { headerOf, signed } from './sign.ts'

const pump = await openTestPump(t)
const keys = await pump.register()
const OOB = { oauth_callback: 'oob' }

const requestToken = (options: object = {}): Promise<TestResponse> => pump.call('/oauth/request_token', { method: 'POST', keys, extra: OOB, ...options })
const accessToken = (token: string, tokenSecret: string, options: object = {}): Promise<TestResponse> => {
  return pump.call('/oauth/access_token', { method: 'POST', keys: { ...keys, token, tokenSecret }, extra: { oauth_verifier: 'anything' }, ...options })
}

/** A recorded error: plain text, without a challenge. */
function says (status: number, text: string): object {
  return { status, type: 'text/plain', text }
}

async function authorized (account: string, callback = 'oob'): Promise<{ token: string, secret: string, verifier: string }> {
  const { token, secret } = await pump.requestToken(keys, callback)
  const { text } = await pump.call(`/oauth/authorize?oauth_token=${token}&auto=allow&account=${account}`)
  return { token, secret, verifier: /<td id="verifier">([^<]*)</.exec(text)?.[1] ?? '' }
}

t.test('issues a request token to a request that is signed in the header', async (t) => {
  const { status, type, text } = await requestToken()
  t.equal(status, 200)
  t.equal(type, 'application/x-www-form-urlencoded')
  t.match(text, /^oauth_token=[\w-]{22}&oauth_token_secret=[\w-]{43}&oauth_callback_confirmed=true$/)
})

t.test('accepts any method, since the signature contains it', async (t) => {
  for (const method of ['GET', 'POST', 'PUT']) t.equal((await requestToken({ method })).status, 200, method)
})

t.test('accepts PLAINTEXT', async (t) => {
  t.equal((await requestToken({ signatureMethod: 'PLAINTEXT' })).status, 200)
})

t.test('accepts the parameters in the query', async (t) => {
  const url = `${pump.url}/oauth/request_token`
  const parameters = signed(keys, 'GET', `${url}?b=2&a=1&a=%21%27+x`, { extra: OOB })
  t.equal((await pump.call(`/oauth/request_token?b=2&a=1&a=%21%27+x&${new URLSearchParams(parameters)}`)).status, 200)
})

t.test('accepts the parameters in a form with exactly its content type', async (t) => {
  const parameters = new URLSearchParams(signed(keys, 'POST', `${pump.url}/oauth/request_token`, { extra: OOB })).toString()
  const post = (type: string): Promise<TestResponse> => {
    return pump.call('/oauth/request_token', { method: 'POST', body: parameters, headers: { 'content-type': type } })
  }
  t.equal((await post('application/x-www-form-urlencoded')).status, 200)
  t.match(await post('application/x-www-form-urlencoded; charset=utf-8'), says(400, 'Missing required parameter'))
})

t.test('signs a form by the same rule', async (t) => {
  const form = { color: 'r e&d', b: '*' }
  const authorization = headerOf(signed(keys, 'POST', `${pump.url}/oauth/request_token`, { extra: OOB, form }))
  const post = (type: string): Promise<TestResponse> => pump.call('/oauth/request_token', {
    method: 'POST', body: new URLSearchParams(form).toString(), headers: { authorization, 'content-type': type }
  })
  t.equal((await post('application/x-www-form-urlencoded')).status, 200)
  t.match(await post('application/x-www-form-urlencoded; charset=utf-8'), says(401, 'Invalid signature'))
})

t.test('refuses requests for a request token with the recorded errors', async (t) => {
  const parameters = signed(keys, 'POST', `${pump.url}/oauth/request_token`, { extra: OOB })
  for (const name of ['oauth_consumer_key', 'oauth_signature_method', 'oauth_signature', 'oauth_timestamp', 'oauth_nonce', 'oauth_callback']) {
    const { [name]: _, ...others } = parameters
    const response = await pump.call('/oauth/request_token', { method: 'POST', headers: { authorization: headerOf(others) } })
    t.match(response, says(400, 'Missing required parameter'), name)
    t.equal(response.headers.get('www-authenticate'), null)
  }
  const odd = headerOf({ ...parameters, oauth_signature_method: 'RSA-SHA1' })
  t.match(await pump.call('/oauth/request_token', { method: 'POST', headers: { authorization: odd } }), says(400, 'Invalid Signature Method'))
  t.match(await requestToken({ keys: { ...keys, clientId: 'nobody' } }), says(400, 'Invalid Consumer Key'))
  t.match(await requestToken({ keys: { ...keys, clientSecret: 'wrong' } }), says(401, 'Invalid signature'))
  for (const callback of ['ftp://example.com', 'myapp:callback', 'callback', 'http://']) {
    t.match(await requestToken({ extra: { oauth_callback: callback } }), says(400, 'internal error'), callback)
  }
})

t.test('requires no oauth_version', async (t) => {
  const parameters = new Map(Object.entries(signed(keys, 'POST', `${pump.url}/oauth/request_token`, { extra: OOB, signatureMethod: 'PLAINTEXT' })))
  parameters.delete('oauth_version')
  const authorization = headerOf(Object.fromEntries(parameters))
  t.equal((await pump.call('/oauth/request_token', { method: 'POST', headers: { authorization } })).status, 200)
})

t.test('issues an access token once, for any verifier', async (t) => {
  const { token, secret } = await authorized('ann')
  const { status, type, text } = await accessToken(token, secret)
  t.equal(status, 200)
  t.equal(type, 'application/x-www-form-urlencoded')
  t.match(text, /^oauth_token=[\w-]{22}&oauth_token_secret=[\w-]{43}$/)
  t.match(await accessToken(token, secret), says(401, 'Invalid / expired Token'), 'already used')
})

t.test('issues the same pair when the same user authorizes again', async (t) => {
  const pairs = []
  for (let times = 0; times < 2; times++) {
    const { token, secret } = await authorized('again')
    pairs.push((await accessToken(token, secret)).text)
  }
  t.equal(pairs[0], pairs[1])
})

t.test('refuses requests for an access token with the recorded errors', async (t) => {
  const { token, secret } = await pump.requestToken(keys)
  t.match(await accessToken(token, secret), says(401, 'Invalid / expired Token'), 'no user has logged in')
  t.match(await accessToken(token, 'wrong'), says(401, 'Invalid signature'))
  t.match(await accessToken('unknown', secret), says(400, 'Invalid / expired Token'))
  t.match(await accessToken(token, secret, { extra: {} }), says(400, 'Missing required parameter'), 'no verifier')
  const others = await pump.register()
  t.match(await accessToken(token, secret, { keys: { ...others, token, tokenSecret: secret } }), says(400, 'Invalid / expired Token'), 'of another client')
  t.match(await accessToken(token, secret, { keys: { ...others, clientId: 'nobody', token } }), says(400, 'Invalid Consumer Key'))
})

t.test('deletes old request tokens only when the same client requests another', async (t) => {
  const { token, secret } = await authorized('late')
  await pump.control('/clock', { advanceSeconds: 601 })
  const other = await pump.register()
  await pump.requestToken(other)
  t.equal((await accessToken(token, secret)).status, 200, 'a request of another client keeps it')

  const forgotten = await authorized('later')
  await pump.control('/clock', { advanceSeconds: 601 })
  await pump.requestToken(keys)
  t.match(await accessToken(forgotten.token, forgotten.secret), says(400, 'Invalid / expired Token'))
})

t.test('checks the verifier when that quirk is off', async (t) => {
  t.equal((await pump.control('/quirks', { provider: 'pumpio', quirk: 'ignoresVerifier', on: false })).status, 200)
  const { token, secret, verifier } = await authorized('strict')
  t.match(await accessToken(token, secret, { extra: { oauth_verifier: 'wrong' } }), says(401, 'Invalid / expired Token'))
  t.equal((await accessToken(token, secret, { extra: { oauth_verifier: verifier } })).status, 200)
})

t.test('deletes clients by a control call', async (t) => {
  const { status, json } = await pump.control('/pumpio/forget-clients')
  t.equal(status, 200)
  t.ok(Number(json['forgotten']) >= 1)
  t.match(await requestToken(), says(400, 'Invalid Consumer Key'))
})
