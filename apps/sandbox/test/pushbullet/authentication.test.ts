import t from 'tap'
import { openTestSandbox } from '../open-test-sandbox.ts'

const sandbox = await openTestSandbox(t)
const { accessToken } = await sandbox.join()

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`

t.test('accepts a token in each of three ways', async (t) => {
  for (const headers of [
    { 'access-token': accessToken },
    { authorization: basic(`${accessToken}:`) },
    { authorization: `Bearer ${accessToken}` }
  ]) {
    t.match(await sandbox.call('GET', '/pushbullet/v2/users/me', { headers }), { status: 200, json: { iden: String } })
  }
})

t.test('refuses a caller without a valid token, with the rate headers', async (t) => {
  for (const headers of [
    {},
    { 'access-token': 'o.unknown' },
    { 'access-token': '' },
    { authorization: `Bearer ${accessToken}x` },
    { authorization: basic(`${accessToken}:password`) },
    { authorization: basic(accessToken) },
    { authorization: `Digest ${accessToken}` }
  ] as Array<Record<string, string>>) {
    const response = await sandbox.call('GET', '/pushbullet/v2/users/me', { headers })
    t.equal(response.status, 401)
    t.same(response.json, {
      error: {
        code: 'invalid_access_token',
        type: 'invalid_request',
        message: 'Access token is missing or invalid.',
        cat: '(=^･ω･^)y＝'
      },
      error_code: 'invalid_access_token'
    })
    t.match(response.headers.get('x-ratelimit-limit'), /^\d+$/)
    t.match(response.headers.get('x-ratelimit-remaining'), /^\d+$/)
    t.match(response.headers.get('x-ratelimit-reset'), /^\d+$/)
  }
})

t.test('checks the token before it reads the body', async (t) => {
  const headers = { 'content-type': 'application/json' }
  t.match(await sandbox.call('POST', '/pushbullet/v2/pushes', { body: '{', headers }), { status: 401 })
})

t.test('returns the user of a token', async (t) => {
  const { json } = await sandbox.call('GET', '/pushbullet/v2/users/me', { headers: { 'access-token': accessToken } })
  t.match(json, {
    iden: String,
    created: Number,
    modified: Number,
    email: 'user-1@pushbullet.example',
    email_normalized: 'user-1@pushbullet.example',
    name: 'User-1',
    image_url: String,
    max_upload_size: 26214400
  })
})

t.test('sends its own 404', async (t) => {
  const { status, json, headers } = await sandbox.call('GET', '/pushbullet/v2/nothing', { headers: { 'access-token': accessToken } })
  t.equal(status, 404)
  t.same(json, { error: { type: 'invalid_request', message: 'The resource could not be found.', cat: '~(=^‥^)' } })
  t.match(headers.get('x-ratelimit-limit'), /^\d+$/)
})

t.test('counts requests down, and reports in whole seconds when the period ends', async (t) => {
  const headers = { 'access-token': accessToken }
  const first = await sandbox.call('GET', '/pushbullet/v2/users/me', { headers })
  const second = await sandbox.call('GET', '/pushbullet/v2/users/me', { headers })
  const read = (response: typeof first, name: string): number => Number(response.headers.get(`x-ratelimit-${name}`))
  t.equal(read(first, 'limit'), 32768)
  t.equal(read(first, 'remaining') - read(second, 'remaining'), 5)
  t.equal(read(first, 'reset'), read(second, 'reset'))
  t.ok(Number.isInteger(read(first, 'reset')) && read(first, 'reset') > Date.now() / 1000)

  await sandbox.call('POST', '/_control/clock', { body: { advanceSeconds: 3601 } })
  const later = await sandbox.call('GET', '/pushbullet/v2/users/me', { headers })
  t.ok(read(later, 'remaining') > read(second, 'remaining'))
  t.ok(read(later, 'reset') > read(second, 'reset'))
})

t.test('allows requests from pages of other origins', async (t) => {
  const preflight = await sandbox.call('OPTIONS', '/pushbullet/v2/pushes', {
    headers: { origin: 'https://shop.example', 'access-control-request-method': 'POST', 'access-control-request-headers': 'access-token' }
  })
  t.ok(preflight.status < 300)
  t.equal(preflight.headers.get('access-control-allow-origin'), '*')
  t.equal(preflight.headers.get('access-control-allow-headers'), 'access-token')
})
