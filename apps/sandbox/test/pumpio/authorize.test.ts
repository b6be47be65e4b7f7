import t from 'tap'
import { fieldOf, openTestPump } from './open-test-pump.ts'
import type { TestResponse } from './open-test-pump.ts'

const pump = await openTestPump(t)
const keys = await pump.register({ application_name: 'A <b>client</b>' })

const open = (token: string, query = '', cookie = ''): Promise<TestResponse> => {
  return pump.call(`/oauth/authorize?oauth_token=${token}${query}`, { headers: { cookie } })
}
const post = (fields: Record<string, string>): Promise<TestResponse> => pump.call('/oauth/authorize', {
  method: 'POST', body: new URLSearchParams(fields).toString(), headers: { 'content-type': 'application/x-www-form-urlencoded' }
})
const logIn = async (token: string, username: string): Promise<TestResponse> => {
  return post({ oauth_token: token, username, password: fieldOf((await open(token)).text, 'password') })
}
const cookieOf = ({ headers }: TestResponse): string => headers.get('set-cookie')?.replace(/;.*/, '') ?? ''

t.test('takes a person through login and approval to the callback', async (t) => {
  const { token } = await pump.requestToken(keys, 'https://site.example/callback?state=a%20b')
  const login = await open(token)
  t.equal(login.status, 200)
  t.match(login.text, 'id="oauth-authentication"')

  const approval = await logIn(token, 'ann')
  t.equal(approval.status, 200)
  t.match(approval.text, 'A &#60;b&#62;client&#60;/b&#62;')
  t.notMatch(approval.text, /Deny/, 'there is no such button')

  const verifier = fieldOf(approval.text, 'verifier')
  const back = await post({ oauth_token: fieldOf(approval.text, 'oauth_token'), verifier })
  t.equal(back.status, 303)
  t.equal(back.headers.get('location'), `https://site.example/callback?state=a%20b&oauth_token=${token}&oauth_verifier=${verifier}`)
})

t.test('shows token and verifier to a person whose program has no callback', async (t) => {
  const { token } = await pump.requestToken(keys)
  const verifier = fieldOf((await logIn(token, 'bob')).text, 'verifier')
  const { status, text } = await post({ oauth_token: token, verifier })
  t.equal(status, 200)
  t.match(text, `<td id="token">${token}</td>`)
  t.match(text, `<td id="verifier">${verifier}</td>`)
})

t.test('redirects a user who has already authorized the client', async (t) => {
  const first = await pump.requestToken(keys)
  await open(first.token, '&auto=allow&account=carol')
  await pump.call('/oauth/access_token', { method: 'POST', keys: { ...keys, token: first.token, tokenSecret: first.secret }, extra: { oauth_verifier: 'x' } })

  const { token } = await pump.requestToken(keys, 'https://site.example/callback')
  const login = await logIn(token, 'carol')
  t.equal(login.status, 302)
  t.match(login.headers.get('location'), new RegExp(`^https://site\\.example/callback\\?oauth_token=${token}&oauth_verifier=[\\w-]{22}$`))
})

t.test('keeps a user logged in until logout', async (t) => {
  const cookie = cookieOf(await logIn((await pump.requestToken(keys)).token, 'dora'))
  const { token } = await pump.requestToken(keys)
  t.match((await open(token, '', cookie)).text, '<strong id="username"><bdi>dora</bdi></strong>')
  t.match(await pump.call('/main/logout', { method: 'POST', headers: { cookie } }), { status: 303 })
  t.match((await open((await pump.requestToken(keys)).token, '', cookie)).text, 'id="oauth-authentication"')
})

t.test('binds a request token to the first user who logged in with it', async (t) => {
  const { token } = await pump.requestToken(keys)
  await logIn(token, 'erin')
  const cookie = cookieOf(await logIn((await pump.requestToken(keys)).token, 'fred'))
  t.match(await open(token, '', cookie), { status: 400, text: 'Token already associated with a different user' })
})

t.test('reports every failed login as an internal error', async (t) => {
  const { token } = await pump.requestToken(keys)
  for (const fields of [{ username: 'ann', password: 'wrong' }, { username: 'no name', password: 'sandbox-secret' }, { username: 'ann' }]) {
    const { status, type, text } = await post({ oauth_token: token, ...fields })
    t.match({ status, type, text }, { status: 400, type: 'text/html; charset=utf-8', text: 'internal error' })
    t.match(text, `value="${token}"`, 'and asks again')
  }
})

t.test('shows a page for a token that is missing, unknown, or of a deleted client', async (t) => {
  t.match(await pump.call('/oauth/authorize'), { status: 400, text: 'Must provide an oauth_token' })
  t.match(await open('%3Cscript%3E'), { status: 400, type: /^text\/html/, text: '&#60;script&#62;' })
})

t.test('fails at a wrong verifier', async (t) => {
  const { token } = await pump.requestToken(keys)
  t.match(await post({ oauth_token: token, verifier: 'wrong' }), { status: 500, type: /^text\/html/ })
})

t.test('lets programs decide: allow acts like the button, deny redirects nowhere', async (t) => {
  const { token, secret } = await pump.requestToken(keys, 'https://site.example/callback')
  const denied = await open(token, '&auto=deny')
  t.equal(denied.status, 200)
  t.equal(denied.headers.get('location'), null)
  const early = await pump.call('/oauth/access_token', {
    method: 'POST', keys: { ...keys, token, tokenSecret: secret }, extra: { oauth_verifier: 'x' }
  })
  t.equal(early.status, 401)

  const allowed = await open(token, '&auto=allow&account=gina')
  t.equal(allowed.status, 303)
  t.match(allowed.headers.get('location'), `https://site.example/callback?oauth_token=${token}&oauth_verifier=`)
  t.match(await open(token, '&auto=maybe'), { status: 400 })
})

t.test('accepts the whole account as the name', async (t) => {
  const { token, secret } = await pump.requestToken(keys)
  await open(token, `&auto=allow&account=hugo@${pump.host}`)
  const { text } = await pump.call('/oauth/access_token', {
    method: 'POST', keys: { ...keys, token, tokenSecret: secret }, extra: { oauth_verifier: 'x' }
  })
  const pair = new URLSearchParams(text)
  const user = { ...keys, token: pair.get('oauth_token') ?? '', tokenSecret: pair.get('oauth_token_secret') ?? '' }
  const { status, headers } = await pump.call('/api/whoami', { keys: user })
  t.equal(status, 302)
  t.equal(headers.get('location'), `${pump.url}/api/user/hugo/profile`)
})

t.test('has a login from its front page', async (t) => {
  t.match(await pump.call('/'), { status: 200, text: '/try' })
  const { headers } = await pump.call('/try')
  t.match(await pump.call(headers.get('location') ?? ''), { status: 200, text: 'Login' })
})
