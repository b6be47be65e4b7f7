import t from 'tap'
import { apiError, openTestBlotre } from './open-test-blotre.ts'
import type { Disposable } from './open-test-blotre.ts'

const blotre = await openTestBlotre(t)
const ROOT = '/blotre/v0/oauth2'
const refused = { status: 400, json: { error: 'invalid_grant', error_description: '' } }

async function exchange ({ id, secret, code }: Disposable, changes: Record<string, string> = {}) {
  return await blotre.token({
    grant_type: 'https://oauth2grant.blot.re/onetime_code', client_id: id, client_secret: secret, code, ...changes
  })
}

async function post (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) {
  return await blotre.call('POST', `${ROOT}/${path}`, { body: new URLSearchParams(fields), headers })
}

t.test('registers without authentication, and returns a code', async (t) => {
  const { status, json, headers } = await blotre.call('PUT', `${ROOT}/disposable`, { body: { name: 'lamp', blurb: '' } })
  t.equal(status, 200)
  t.same(Object.keys(json).sort(), ['blurb', 'code', 'expires_in', 'id', 'name', 'secret'])
  t.match(json, { name: 'lamp', blurb: '', id: /^[0-9a-f]{24}$/, secret: /^\w{48}$/, code: /^[A-Za-z0-9]{8}$/, expires_in: 1200 })
  t.equal(headers.get('cache-control'), 'no-cache, no-store, must-revalidate')
})

t.test('names every error of a registration', async (t) => {
  const invalid = { msg: ['Name is not valid.'], args: [] }
  const missing = { msg: ['error.path.missing'], args: [] }
  const notText = { msg: ['error.expected.jsstring'], args: [] }
  for (const [body, details] of [
    [{ name: 'ab', blurb: 'b' }, { 'obj.name': [invalid] }],
    [{ name: 'x'.repeat(255), blurb: 'b' }, { 'obj.name': [invalid] }],
    [{ name: 'lamp' }, { 'obj.blurb': [missing] }],
    [{ name: 1, blurb: null }, { 'obj.name': [notText], 'obj.blurb': [notText] }],
    [{}, { 'obj.name': [missing], 'obj.blurb': [missing] }]
  ] as const) {
    const { status, json } = await blotre.call('PUT', `${ROOT}/disposable`, { body })
    t.equal(status, 400)
    t.same(json, apiError('Could not process request', details))
  }
  for (const name of ['abc', 'x'.repeat(254)]) {
    t.match(await blotre.call('PUT', `${ROOT}/disposable`, { body: { name, blurb: 'b' } }), { status: 200 })
  }
})

t.test('registers by JSON only', async (t) => {
  const headers = { 'content-type': 'application/json' }
  for (const [options, status] of [
    [{ body: '{"name"', headers }, 400], [{ body: '', headers }, 400], [{ body: new URLSearchParams({ name: 'lamp', blurb: 'b' }) }, 415]
  ] as const) {
    const response = await blotre.call('PUT', `${ROOT}/disposable`, options)
    t.equal(response.status, status)
    t.match(response.headers.get('content-type'), /^text\/html/)
  }
})

t.test('sends the same response to an unredeemed code as to a wrong one', async (t) => {
  const lamp = await blotre.disposable()
  t.match(await exchange(lamp), refused)
  t.match(await exchange(lamp, { code: 'WrongOne' }), refused)
  t.match(await exchange(lamp, { code: (await blotre.disposable()).code }), refused, "another client's code")
  const swapped = [...lamp.code].map((each) => each === each.toUpperCase() ? each.toLowerCase() : each.toUpperCase()).join('')
  if (swapped !== lamp.code) t.match(await blotre.redeem(swapped), { status: 404 }, 'capitals matter')
  t.match(await exchange(lamp, { client_secret: 'wrong' }), { status: 400, json: { error: 'invalid_client' } })
})

t.test('serves a program from registration to token', async (t) => {
  const lamp = await blotre.disposable()
  const { status, headers } = await blotre.redeem(lamp.code, { account: 'erin' })
  t.equal(status, 303)
  t.equal(headers.get('location'), `${ROOT}/redeemSuccessful`)
  t.match(await blotre.call('GET', `${ROOT}/redeemSuccessful`), { status: 200, text: /successfully authorized/ })

  const { status: exchanged, json } = await exchange(lamp)
  t.equal(exchanged, 200)
  t.match(json, { access_token: /^\w{48}$/, token_type: 'bearer', expires_in: 7200, refresh_token: /^\w{48}$/, user: { userName: 'erin' } })
  t.match(await exchange(lamp), refused, 'the code is used up')

  const again = { grant_type: 'refresh_token', client_id: lamp.id, client_secret: lamp.secret, refresh_token: String(json['refresh_token']) }
  t.match(await blotre.token({ ...again, client_id: 'carillon', client_secret: 'sandbox-secret' }), { json: { error: 'invalid_client' } })
  t.match(await blotre.token(again), { status: 200, json: { user: { userName: 'erin' } } })
})

t.test('serves a person from registration to token', async (t) => {
  const lamp = await blotre.disposable('my <b>lamp</b>')
  const page = await blotre.call('GET', `${ROOT}/redeem`)
  t.equal(page.status, 200)
  t.match(page.text, /<input id="code" name="code"/)
  t.notMatch(page.text, 'invalid or has expired')

  const consent = await post('redeem', { code: lamp.code, account: 'finn' })
  t.equal(consent.status, 200)
  t.match(consent.text, /name="response_type" value="disposable"/)
  t.match(consent.text, /name="account" value="finn"/)
  t.notMatch(consent.text, '<b>')
  const [, id = ''] = /name="client_id" value="(\w+)"/.exec(consent.text) ?? []
  const [, code = ''] = /name="extra_data" value="(\w+)"/.exec(consent.text) ?? []

  const { status, headers } = await post('authorize', {
    response_type: 'disposable', client_id: id, extra_data: code, action: 'allow', account: 'finn'
  })
  t.equal(status, 303)
  t.equal(headers.get('location'), `${ROOT}/redeemSuccessful`)
  t.match((await exchange(lamp)).json, { user: { userName: 'finn' } })
})

t.test('redirects a person with a wrong code to the page, which shows the error once', async (t) => {
  const wrong = await post('redeem', { code: 'WrongOne' })
  t.equal(wrong.status, 303)
  t.equal(wrong.headers.get('location'), `${ROOT}/redeem`)
  const cookie = (wrong.headers.get('set-cookie') ?? '').split(';', 1).join()
  const page = await blotre.call('GET', `${ROOT}/redeem`, { headers: { cookie } })
  t.match(page.text, 'invalid or has expired')
  t.match(page.headers.get('set-cookie'), /Max-Age=0/)
})

t.test('returns 404 to a program with a wrong code', async (t) => {
  t.match(await blotre.redeem('WrongOne'), { status: 404 })
  t.match(await blotre.redeem((await blotre.disposable()).code, { auto: 'maybe' }), { status: 400 })
})

t.test('binds a client to one user permanently', async (t) => {
  const lamp = await blotre.disposable()
  await blotre.redeem(lamp.code, { account: 'gina' })
  t.match(await blotre.redeem(lamp.code, { account: 'hugo' }), { status: 404 })
  t.match(await post('redeem', { code: lamp.code, account: 'hugo' }), { status: 404, text: /No matching application/ })
  const fields = { response_type: 'disposable', client_id: lamp.id, extra_data: lamp.code, action: 'allow', account: 'hugo' }
  t.match(await post('authorize', fields), { status: 404, text: '' })
  t.match((await exchange(lamp)).json, { user: { userName: 'gina' } })
})

t.test('accepts a denied code later', async (t) => {
  const lamp = await blotre.disposable()
  const denied = await blotre.redeem(lamp.code, { auto: 'deny' })
  t.equal(denied.status, 200)
  t.match(denied.text, 'Denied the application access')
  t.match(await post('authorize', { response_type: 'disposable', client_id: lamp.id, extra_data: lamp.code, action: 'deny' }), { status: 200 })
  t.match(await exchange(lamp), refused)
  t.match(await blotre.redeem(lamp.code), { status: 303 })
  t.match(await exchange(lamp), { status: 200 })
})

t.test('refuses a code for another client', async (t) => {
  const [lamp, other] = [await blotre.disposable(), await blotre.disposable()]
  const fields = { response_type: 'disposable', client_id: other.id, extra_data: lamp.code, action: 'allow' }
  t.match(await post('authorize', fields), { status: 404 })
})

t.test('refuses a code after twenty minutes, redeemed or not', async (t) => {
  const [early, late] = [await blotre.disposable(), await blotre.disposable()]
  await blotre.advance(1190)
  t.match(await blotre.redeem(early.code), { status: 303 })
  await blotre.advance(11)
  t.match(await exchange(early), refused)
  t.match(await blotre.redeem(late.code), { status: 404 })
})

t.test('separates the tokens of different clients of one user', async (t) => {
  const tokens = []
  for (const lamp of [await blotre.disposable(), await blotre.disposable()]) {
    await blotre.redeem(lamp.code, { account: 'ivan' })
    tokens.push(String((await exchange(lamp)).json['access_token']))
  }
  tokens.push(String((await blotre.redeemCode(await blotre.code('ivan'))).json['access_token']))
  t.equal(new Set(tokens).size, 3)
  for (const token of tokens) t.match(await blotre.call('GET', `${ROOT}/token_info?token=${token}`), { status: 200, json: { user: { userName: 'ivan' } } })
})
