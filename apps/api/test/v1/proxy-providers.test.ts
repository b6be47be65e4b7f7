import { createBrowser } from '@carillon/testing'
import t from 'tap'
import { at, openTestApi, textAt } from '../open-api.ts'

const api = await openTestApi(t, { offer: ['pumpio', 'blotre'] })
const key = await api.makeKey()

async function connect (user: string, provider: 'pumpio' | 'blotre'): Promise<string> {
  const token = await api.makeUser(user)
  const account = provider === 'pumpio' ? { account: `${user}@${api.pumpioHost}` } : {}
  const { body } = await api.ask('POST', '/v1/handshakes', { token, body: { provider, ...account } })
  const browser = createBrowser()
  const { location } = await browser.submit(await browser.get(textAt(body, 'startUrl')))
  await browser.get((await browser.get(`${location}&auto=allow&account=${user}`)).location ?? '')
  return textAt((await api.ask('GET', `/v1/handshakes/${textAt(body, 'id')}`, { token })).body, 'connectionId')
}

t.test('signs what goes to pump.io, and hands on its redirect and its refusals', async (t) => {
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

t.test("refreshes Blot're's token and posts once more, once for all who ask", async (t) => {
  const id = await connect('boris', 'blotre')
  const [row] = await api.database.sql<Array<{ version: number }>>`select credentials_version as version from connections where id = ${id.slice(4)}`
  const streams = await api.ask('GET', `/v1/connections/${id}/proxy/v0/api/stream?query=boris`, { token: key })
  t.equal(streams.status, 200)
  const stream = textAt(streams.body, '0.id')
  const paint = () => api.ask('POST', `/v1/connections/${id}/proxy/v0/api/stream/${stream}/status`, { token: key, body: { color: '#00ff00' } })
  t.match((await paint()).body, { color: '#00ff00' })
  await api.control('POST', '/tokens/expire', { provider: 'blotre' })
  const answers = await Promise.all(Array.from({ length: 10 }, paint))
  t.same(answers.map(({ status }) => status), Array(10).fill(200))
  const [after] = await api.database.sql<Array<{ version: number }>>`select credentials_version as version from connections where id = ${id.slice(4)}`
  t.equal(after?.version, (row?.version ?? 0) + 1)

  await api.control('POST', '/tokens/revoke', { provider: 'blotre' })
  const refused = await paint()
  t.equal(refused.status, 401)
  t.equal(at(refused.body, 'type'), 'Error')
  t.match((await api.ask('GET', `/v1/connections/${id}`, { token: key })).body, {
    status: 'needsReauth', events: [{ event: 'connection.connected' }, { event: 'connection.needs_reauth' }]
  })
})
