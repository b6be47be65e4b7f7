import { confirmAccount, createBrowser } from '@carillon/testing'
import t from 'tap'
import { at, openTestApi, textAt } from '../open-api.ts'

const api = await openTestApi(t, { offer: ['pushbullet', 'pumpio', 'blotre'] })
const key = await api.makeKey()

async function connect (user: string, provider: 'pushbullet' | 'pumpio' | 'blotre'): Promise<string> {
  const token = await api.makeUser(user)
  const account = provider === 'pumpio' ? { account: `${user}@${api.pumpioHost}` } : {}
  const { body } = await api.ask('POST', '/v1/handshakes', { token, body: { provider, ...account } })
  const browser = createBrowser()
  const { location } = await browser.submit(await browser.get(textAt(body, 'startUrl')))
  await confirmAccount(browser, await browser.follow(await browser.get(`${location}&auto=allow&account=${user}`)))
  return textAt((await api.ask('GET', `/v1/handshakes/${textAt(body, 'id')}`, { token })).body, 'connectionId')
}

t.test("sends Pushbullet's token in the header that Pushbullet reads", async (t) => {
  const id = await connect('pia', 'pushbullet')
  const me = await api.ask('GET', `/v1/connections/${id}/proxy/v2/users/me`, { token: key, headers: { 'access-token': 'mine', cookie: 'a=b' } })
  t.match([me.status, me.body], [200, { name: 'Pia' }])
  const pushed = await api.ask('POST', `/v1/connections/${id}/proxy/v2/pushes`, { token: key, body: { type: 'note', body: 'by proxy' } })
  t.equal(pushed.status, 200)
  const form = await api.ask('POST', `/v1/connections/${id}/proxy/v2/pushes`, {
    token: key, body: 'type=note&body=in+a+form', headers: { 'content-type': 'application/x-www-form-urlencoded' }
  })
  t.match(form.body, { body: 'in a form' })
  const list = await api.ask('GET', `/v1/connections/${id}/proxy/v2/pushes?limit=2`, { token: key })
  t.match(list.body, { pushes: [{ body: 'in a form' }, { body: 'by proxy' }] })
  const gone = await api.ask('DELETE', `/v1/connections/${id}/proxy/v2/pushes/${textAt(pushed.body, 'iden')}`, { token: key })
  t.equal(gone.status, 200)
  t.match(await api.ask('GET', `/v1/connections/${id}/proxy/v2/nowhere`, { token: key }), { status: 404, body: { error: { type: 'invalid_request' } } })

  await api.control('POST', '/faults', { provider: 'pushbullet', match: '/users/me', status: 403, headers: { 'content-type': 'application/json' }, body: '{"error":{}}', times: 1 })
  t.equal((await api.ask('GET', `/v1/connections/${id}/proxy/v2/users/me`, { token: key })).status, 403)
  t.match((await api.ask('GET', `/v1/connections/${id}`, { token: key })).body, { status: 'active' }, 'the refusal concerns only the request')
  await api.control('POST', '/tokens/revoke', { provider: 'pushbullet' })
  const refused = await api.ask('GET', `/v1/connections/${id}/proxy/v2/users/me`, { token: key })
  t.match([refused.status, refused.body], [401, { error: { code: 'invalid_access_token' } }])
  t.match((await api.ask('GET', `/v1/connections/${id}`, { token: key })).body, { status: 'needsReauth' })
})

t.test('signs a form for pump.io with its fields', async (t) => {
  const id = await connect('paul', 'pumpio')
  const send = (body: string, type: string) => api.ask('POST', `/v1/connections/${id}/proxy/api/user/paul/feed?x=1%202`, {
    token: key, body, headers: { 'content-type': type }
  })
  for (const type of ['application/x-www-form-urlencoded', 'Application/X-WWW-Form-Urlencoded; charset=UTF-8']) {
    const answer = await send("content=it's+%C3%A9!&tag=b&tag=a&empty=", type)
    t.match([answer.status, answer.body], [500, /Internal Server Error/], 'pump.io accepts the signature, and refuses the invalid activity')
  }
  const long = await send(`object=${'x'.repeat(1024 * 1024)}`, 'application/x-www-form-urlencoded')
  t.match([long.status, long.body], [400, { detail: 'the form is too long to be signed' }])
})

t.test("does not forward a caller's oauth_ parameters to pump.io", async (t) => {
  const id = await connect('pete', 'pumpio')
  const query = await api.ask('GET', `/v1/connections/${id}/proxy/api/whoami?oauth_token=x`, { token: key })
  t.match([query.status, query.body], [400, { detail: /oauth_/ }])
  const form = await api.ask('POST', `/v1/connections/${id}/proxy/api/user/pete/feed`, {
    token: key, body: 'a=b&oauth_nonce=1', headers: { 'content-type': 'application/x-www-form-urlencoded' }
  })
  t.equal(form.status, 400)
  t.match((await api.ask('GET', `/v1/connections/${id}`, { token: key })).body, { status: 'active' })
})

t.test('signs requests to pump.io, and returns its redirects and refusals', async (t) => {
  const id = await connect('pam', 'pumpio')
  const who = await api.ask('GET', `/v1/connections/${id}/proxy/api/whoami`, { token: key })
  t.match([who.status, who.headers['location']], [302, /\/api\/user\/pam\/profile$/])
  const note = { verb: 'post', object: { objectType: 'note', content: "it's here" } }
  const posted = await api.ask('POST', `/v1/connections/${id}/proxy/api/user/pam/feed`, { token: key, body: note })
  t.match([posted.status, posted.body], [200, { verb: 'post', object: { content: "it's here" } }])
  const feed = await api.ask('GET', `/v1/connections/${id}/proxy/api/user/pam/feed?count=1`, { token: key })
  t.match(feed.body, { items: [{ object: { content: "it's here" } }] })

  await api.control('POST', '/tokens/revoke', { provider: 'pumpio' })
  const refused = await api.ask('GET', `/v1/connections/${id}/proxy/api/whoami`, { token: key })
  t.match([refused.status, refused.body], [400, /Invalid \/ expired Token/])
  t.match((await api.ask('GET', `/v1/connections/${id}`, { token: key })).body, { status: 'needsReauth' })
})

t.test("refreshes Blot're's token once for all concurrent callers, and repeats the request once", async (t) => {
  const id = await connect('boris', 'blotre')
  const [row] = await api.database.sql<Array<{ version: number }>>`select version from grants where id = ${id.slice(4)}`
  const streams = await api.ask('GET', `/v1/connections/${id}/proxy/v0/api/stream?query=boris`, { token: key })
  t.equal(streams.status, 200)
  const stream = textAt(streams.body, '0.id')
  const paint = () => api.ask('POST', `/v1/connections/${id}/proxy/v0/api/stream/${stream}/status`, { token: key, body: { color: '#00ff00' } })
  t.match((await paint()).body, { color: '#00ff00' })
  await api.control('POST', '/tokens/expire', { provider: 'blotre' })
  const answers = await Promise.all(Array.from({ length: 10 }, paint))
  t.same(answers.map(({ status }) => status), Array(10).fill(200))
  const [after] = await api.database.sql<Array<{ version: number }>>`select version from grants where id = ${id.slice(4)}`
  t.equal(after?.version, (row?.version ?? 0) + 1)

  await api.control('POST', '/tokens/revoke', { provider: 'blotre' })
  const refused = await paint()
  t.equal(refused.status, 401)
  t.equal(at(refused.body, 'type'), 'Error')
  t.match((await api.ask('GET', `/v1/connections/${id}`, { token: key })).body, {
    status: 'needsReauth', events: [{ event: 'connection.connected' }, { event: 'connection.needs_reauth' }]
  })
})

t.test("signs with the clock of a pump.io host, which does not affect the user's token", async (t) => {
  const id = await connect('paula', 'pumpio')
  await api.control('POST', '/quirks', { provider: 'pumpio', quirk: 'ignoresReplay', on: false })
  t.teardown(() => api.control('POST', '/quirks', { provider: 'pumpio', quirk: 'ignoresReplay', on: true }))
  await api.control('POST', '/clock', { advanceSeconds: 3_600 })
  const note = { verb: 'post', object: { objectType: 'note', content: 'late' } }
  t.match(await api.ask('POST', `/v1/connections/${id}/proxy/api/user/paula/feed`, { token: key, body: note }), { status: 200, body: { verb: 'post' } })
  await api.control('POST', '/clock', { advanceSeconds: 3_600 })
  // A body that is too large to be repeated: refused once, and accepted the next time.
  const picture = { token: key, body: 'x'.repeat(2 * 1024 * 1024), headers: { 'content-type': 'image/png' } }
  t.equal((await api.ask('POST', `/v1/connections/${id}/proxy/api/user/paula/uploads`, picture)).status, 401)
  t.match((await api.ask('GET', `/v1/connections/${id}`, { token: key })).body, { status: 'active' })
  t.notMatch((await api.ask('POST', `/v1/connections/${id}/proxy/api/user/paula/uploads`, picture)).body, /nonce/)
})
