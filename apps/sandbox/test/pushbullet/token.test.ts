import t from 'tap'
import { openTestSandbox } from '../open-test-sandbox.ts'

const sandbox = await openTestSandbox(t)
const REDIRECT = 'http://127.0.0.1:4000/connect/pushbullet/callback'

async function freshCode (account = 'alice'): Promise<string> {
  const query = new URLSearchParams({ client_id: 'carillon', redirect_uri: REDIRECT, response_type: 'code', auto: 'allow', account })
  const { headers } = await sandbox.call('GET', `/pushbullet/authorize?${query}`)
  return new URL(headers.get('location') ?? '').searchParams.get('code') ?? ''
}

function fieldsFor (code: string): Record<string, string> {
  return { grant_type: 'authorization_code', client_id: 'carillon', client_secret: 'sandbox-secret', code }
}

t.test('returns JSON with exactly two members', async (t) => {
  const { status, json, headers } = await sandbox.call('POST', '/pushbullet/oauth2/token', { body: fieldsFor(await freshCode()) })
  t.equal(status, 200)
  t.same(Object.keys(json).sort(), ['access_token', 'token_type'])
  t.match(json, { access_token: /^o\.\w{32}$/, token_type: 'Bearer' })
  t.match(headers.get('x-ratelimit-limit'), /^\d+$/)
})

t.test('accepts a form too', async (t) => {
  const body = new URLSearchParams(fieldsFor(await freshCode()))
  t.match(await sandbox.call('POST', '/pushbullet/oauth2/token', { body }), { status: 200, json: { token_type: 'Bearer' } })
})

t.test('ignores redirect_uri and unknown fields', async (t) => {
  const body = { ...fieldsFor(await freshCode()), redirect_uri: 'https://elsewhere.example/', scope: 'everything' }
  t.match(await sandbox.call('POST', '/pushbullet/oauth2/token', { body }), { status: 200 })
})

t.test('accepts a code once', async (t) => {
  const body = fieldsFor(await freshCode())
  t.match(await sandbox.call('POST', '/pushbullet/oauth2/token', { body }), { status: 200 })
  t.match(await sandbox.call('POST', '/pushbullet/oauth2/token', { body }), {
    status: 400,
    json: { error: { type: 'invalid_request', message: "The param 'code' has an invalid value.", param: 'code' } }
  })
})

t.test('refuses a code after ten minutes', async (t) => {
  const body = fieldsFor(await freshCode())
  await sandbox.call('POST', '/_control/clock', { body: { advanceSeconds: 601 } })
  t.match(await sandbox.call('POST', '/pushbullet/oauth2/token', { body }), { status: 400, json: { error: { param: 'code' } } })
})

t.test('names the wrong parameter', async (t) => {
  for (const param of ['grant_type', 'client_id', 'client_secret', 'code']) {
    for (const value of ['wrong', undefined]) {
      const body = { ...fieldsFor(await freshCode()), [param]: value }
      t.match(await sandbox.call('POST', '/pushbullet/oauth2/token', { body }), { status: 400, json: { error: { param } } })
    }
  }
})

t.test('does not read the client from an Authorization header', async (t) => {
  const { client_id: id, client_secret: secret, ...body } = fieldsFor(await freshCode())
  const headers = { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` }
  t.match(await sandbox.call('POST', '/pushbullet/oauth2/token', { body, headers }), { status: 400, json: { error: { param: 'client_id' } } })
})

t.test('accepts several tokens of one account', async (t) => {
  const tokens = []
  for (const code of [await freshCode('bob'), await freshCode('bob')]) {
    const { json } = await sandbox.call('POST', '/pushbullet/oauth2/token', { body: fieldsFor(code) })
    tokens.push(String(json['access_token']))
  }
  t.not(tokens[0], tokens[1])
  const idens = await Promise.all(tokens.map(async (token) => {
    return (await sandbox.call('GET', '/pushbullet/v2/users/me', { headers: { 'access-token': token } })).json['iden']
  }))
  t.type(idens[0], 'string')
  t.equal(idens[0], idens[1])
})
