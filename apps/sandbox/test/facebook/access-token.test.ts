import t from 'tap'
import { APP, openTestFacebook, refusal } from './open-test-facebook.ts'

const facebook = await openTestFacebook(t)

t.test('exchanges a code for a short-lived token, by POST and by GET', async (t) => {
  const { status, headers, json } = await facebook.redeemCode(await facebook.code())
  t.match([status, json], [200, { access_token: /^EAA\w{100}/, token_type: 'bearer', expires_in: 7200 }])
  t.same(Object.keys(json), ['access_token', 'token_type', 'expires_in'], 'and no refresh token')
  t.equal(headers.get('cache-control'), 'no-store')
  const query = { client_id: APP.id, client_secret: APP.secret, redirect_uri: 'http://127.0.0.1:4000/connect/facebook/callback', code: await facebook.code() }
  t.match(await facebook.graph('GET /oauth/access_token', query), { status: 200, json: { access_token: String } })
})

t.test('sends errors of the Graph API, not those of RFC 6749', async (t) => {
  const used = await facebook.code()
  await facebook.redeemCode(used)
  const old = await facebook.code()
  await facebook.advance(600)
  const rows: Array<[Record<string, string>, number, RegExp]> = [
    [{ client_id: '1' }, 101, /^Error validating application\. Invalid application ID\.$/],
    [{ client_secret: 'wrong' }, 1, /^Error validating client secret\.$/],
    [{ code: 'nonsense' }, 100, /^Invalid verification code format\.$/],
    [{ code: used }, 100, /^This authorization code has been used\.$/],
    [{ code: old }, 100, /has expired/],
    [{ code: '' }, 100, /^Missing code parameter\.$/],
    [{ grant_type: 'password' }, 100, /^Invalid grant_type: 'password'\. Supported types: authorization_code, client_credentials$/]
  ]
  for (const [changes, code, message] of rows) {
    t.match(await facebook.redeemCode(await facebook.code(), changes), refusal(code, { message }), JSON.stringify(changes))
  }
})

t.test('compares the redirect address exactly, and reports a mismatch in a header', async (t) => {
  const code = await facebook.code()
  const { status, headers, json } = await facebook.redeemCode(code, { redirect_uri: 'http://127.0.0.1:4001/connect/facebook/callback' })
  t.match([status, json], [400, { error: { code: 100, message: /^Error validating verification code\. Please make sure your redirect_uri is identical/ } }])
  t.match(headers.get('www-authenticate'), /^OAuth "Facebook Platform" "invalid_code" "/)
  t.equal(headers.get('cache-control'), 'no-store')
  t.match(await facebook.redeemCode(code), { status: 200 }, 'and the code is as good as before')
})

t.test('numbers its errors', async (t) => {
  const trace = async () => {
    const { json: { error } } = await facebook.redeemCode('nonsense')
    return Number((error as { fbtrace_id: string }).fbtrace_id.slice(1))
  }
  const [first, second] = [await trace(), await trace()]
  t.equal(second, first + 1)
})

t.test('exchanges a valid token for one of sixty days repeatedly, and refuses an invalid one', async (t) => {
  const exchange = async (text: unknown) => await facebook.token({ grant_type: 'fb_exchange_token', fb_exchange_token: String(text) })
  const short = (await facebook.redeemCode(await facebook.code({ account: 'ida' }))).json['access_token']
  const long = await exchange(short)
  t.match([long.status, long.json], [200, { access_token: /^EAA/, token_type: 'bearer', expires_in: 5_183_944 }])
  t.not(long.json['access_token'], short)
  await facebook.advance(55 * 86_400)
  t.match(await exchange(short), refusal(190, { subcode: 463, message: /^Error validating access token: Session has expired on / }))
  const longer = await exchange(long.json['access_token'])
  t.match(longer, { status: 200 })
  await facebook.advance(6 * 86_400)
  t.match(await exchange(long.json['access_token']), refusal(190, { subcode: 463 }))
  t.match(await facebook.debug(String(longer.json['access_token'])), { is_valid: true })
  t.match(await exchange('nonsense'), refusal(190))
  const { json: { data } } = await facebook.control('/refreshes?provider=facebook&account=ida')
  t.same(data, [{ account: 'ida', refreshes: 1, refused: 2 }], 'of which one was a re-exchange')
})

t.test('issues a token of the app itself', async (t) => {
  const { status, json } = await facebook.token({ grant_type: 'client_credentials' })
  t.match([status, json], [200, { access_token: new RegExp(`^${APP.id}\\|`), token_type: 'bearer' }])
  t.match(await facebook.graph('GET /debug_token', { access_token: String(json['access_token']), input_token: 'x' }), { status: 200 })
})
