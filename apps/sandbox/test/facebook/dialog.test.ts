import t from 'tap'
import { APP, openTestFacebook, REDIRECT } from './open-test-facebook.ts'

const facebook = await openTestFacebook(t)
const permissionsOf = async (token: unknown): Promise<object> => {
  const { json: { data } } = await facebook.graph('GET /me/permissions', { access_token: String(token) })
  const permissions = data as Array<{ permission: string, status: string }>
  return Object.fromEntries(permissions.map(({ permission, status }) => [permission, status]))
}
const connect = async (changes: Record<string, string>) => {
  const { json } = await facebook.redeemCode(await facebook.code(changes))
  return json['access_token']
}

t.test('asks a person for each permission, with Allow and Deny', async (t) => {
  const { status, text, headers } = await facebook.dialog({ scope: 'ads_read,email' })
  t.equal(status, 200)
  t.match(headers.get('content-type'), /^text\/html/)
  for (const part of ['value="deny"', 'value="allow"', 'name="grant" value="ads_read" checked', 'name="grant" value="email" checked', 'name="account"']) {
    t.match(text, part)
  }
  t.notMatch(text, 'name="grant" value="public_profile"', 'which cannot be declined')
})

t.test('returns a code and the unchanged state, with Facebook\'s fragment', async (t) => {
  const url = await facebook.decide()
  t.equal(url.origin + url.pathname, REDIRECT)
  t.same([...url.searchParams.keys()], ['code', 'state'])
  t.equal(url.searchParams.get('state'), 'a b&c')
  t.equal(url.hash, '#_=_')
})

t.test('reports a denial with error_code=200', async (t) => {
  const url = await facebook.decide({ auto: 'deny' })
  t.same(Object.fromEntries(url.searchParams), {
    error_reason: 'user_denied', error: 'access_denied', error_code: '200', error_description: 'Permissions error.', state: 'a b&c'
  })
  t.equal(url.hash, '#_=_')
})

t.test('reads the person\'s decision from the form, without the cleared permissions', async (t) => {
  const fields = { client_id: APP.id, redirect_uri: REDIRECT, scope: 'ads_read,email', state: 'x', account: 'fay', grant: 'email' }
  const submit = async (decision: string) =>
    await facebook.call('POST', '/facebook/www/dialog/oauth', { body: new URLSearchParams({ ...fields, decision }) })
  t.match(new URL((await submit('deny')).headers.get('location') ?? '').searchParams.get('error'), 'access_denied')
  const code = new URL((await submit('allow')).headers.get('location') ?? '').searchParams.get('code') ?? ''
  const { json } = await facebook.redeemCode(code)
  t.same(await permissionsOf(json['access_token']), { public_profile: 'granted', ads_read: 'declined', email: 'granted' })
})

t.test('asks again for a declined permission only with auth_type=rerequest', async (t) => {
  const declined = await connect({ account: 'gus', decline: 'ads_read' })
  t.same(await permissionsOf(declined), { public_profile: 'granted', ads_read: 'declined' })
  t.notMatch((await facebook.dialog({ account: 'gus' })).text, 'name="grant"')
  t.match(await permissionsOf(await connect({ account: 'gus' })), { ads_read: 'declined' })
  t.match((await facebook.dialog({ account: 'gus', auth_type: 'rerequest' })).text, 'name="grant" value="ads_read"')
  t.match(await permissionsOf(await connect({ account: 'gus', auth_type: 'rerequest' })), { ads_read: 'granted' })
})

t.test('sends the other response types in the fragment, and lists the granted permissions', async (t) => {
  const token = await facebook.decide({ response_type: 'token' })
  t.match(Object.fromEntries(new URLSearchParams(token.hash.slice(1))), { access_token: /^EAA/, expires_in: '7200', state: 'a b&c' })
  t.equal(token.search, '')
  const both = new URLSearchParams((await facebook.decide({ response_type: 'code token' })).hash.slice(1))
  t.match([both.get('code'), both.get('access_token')], [/^AQ/, /^EAA/])
  const scopes = await facebook.decide({ response_type: 'granted_scopes,code', account: 'hal', scope: 'ads_read email', decline: 'email' })
  t.match(Object.fromEntries(scopes.searchParams), { granted_scopes: 'public_profile,ads_read', denied_scopes: 'email', code: /^AQ/ })
})

t.test('does not redirect when the app or its address is wrong', async (t) => {
  for (const changes of [
    { client_id: 'carillon' }, { redirect_uri: 'https://evil.example/connect/facebook/callback' }, { redirect_uri: `${REDIRECT}?x=y` },
    { redirect_uri: `${REDIRECT}/` }, { redirect_uri: '' }, { scope: 'world_peace' }, { response_type: 'magic' }, { auto: 'maybe' }
  ]) {
    const { status, headers, text } = await facebook.dialog({ auto: 'allow', ...changes })
    t.match([status, headers.get('location'), text], [400, null, /Something went wrong/], JSON.stringify(changes))
  }
})

t.test('has a dialog with and without a version, and a page for people without an app', async (t) => {
  const query = new URLSearchParams({ client_id: APP.id, redirect_uri: `${facebook.url}/facebook/www/connect/login_success.html`, auto: 'allow' })
  const { headers } = await facebook.call('GET', `/facebook/www/dialog/oauth?${query}`)
  const landing = new URL(headers.get('location') ?? '')
  const { status, text } = await facebook.call('GET', `${landing.pathname}${landing.search}`)
  t.match([status, text], [200, /curl .*oauth\/access_token/])
  t.equal((await facebook.call('GET', '/facebook/www/nowhere')).status, 404)
  const { json: { data } } = await facebook.call('GET', '/screen/providers')
  const { consentPath } = (data as Array<{ id: string, consentPath: string }>).find(({ id }) => id === 'facebook') ?? { consentPath: '' }
  t.match(await facebook.call('GET', consentPath), { status: 200, text: /Allow/ })
})
