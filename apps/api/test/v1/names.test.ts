import t from 'tap'
import { openWalkOf } from '../handshakes/open-walks.ts'
import { at, openTestApi } from '../open-api.ts'

const api = await openTestApi(t, { offer: ['pushbullet', 'blotre'] })
const key = await api.makeKey()
const bad = ['\u202Elive', 'a\u2066b', 'line\nbreak', '\u001b[2J', '\u200B\u2060']

t.test('refuses names that change the surrounding text on every route', async (t) => {
  for (const name of bad) {
    const what = JSON.stringify(name)
    t.match(await api.ask('POST', '/v1/user-tokens', { token: key, body: { userId: 'new', displayName: name } }),
      { status: 400, body: { code: 'invalidInput', errors: [{ path: 'displayName' }] } }, what)
    t.match(await api.ask('PUT', '/v1/teams/new', { token: key, body: { name, ownerId: 'olive', memberIds: [] } }),
      { status: 400, body: { code: 'invalidInput', errors: [{ path: 'name' }] } }, what)
    const item = { userId: 'ann', provider: 'pushbullet', credentials: { accessToken: 'o.some' }, account: { id: '1', name } }
    const { body } = await api.ask('POST', '/v1/connections/import', { token: key, body: { connections: [item] } })
    t.match(body, { imported: 0, failed: 1, data: [{ error: { code: 'badAccount' } }] }, what)
  }
  t.same(await api.database.sql`select from users where external_id = 'new'`, [], 'and creates no user')
})

t.test('refuses control characters in ids of users and teams on every route', async (t) => {
  for (const id of ['line\nbreak', '\u001b[2J', '\u0085', 'tab\t']) {
    const what = JSON.stringify(id)
    const encoded = encodeURIComponent(id)
    const refused = (path: string) => ({ status: 400, body: { errors: [{ path, message: 'must not contain control characters' }] } })
    const ask = async (method: 'GET' | 'POST' | 'PUT', path: string, body?: object) => await api.ask(method, path, { token: key, body })
    const message = { type: 'note', title: 'Hello' }
    t.match(await ask('POST', '/v1/user-tokens', { userId: id }), refused('userId'), what)
    t.match(await ask('POST', '/v1/user-tokens', { userId: 'ann', teamId: id }), refused('teamId'), what)
    t.match(await ask('PUT', `/v1/teams/${encoded}`, { name: 'Crew', ownerId: 'olive', memberIds: [] }), refused('teamId'), what)
    t.match(await ask('PUT', '/v1/teams/crew', { name: 'Crew', ownerId: id, memberIds: [] }), refused('ownerId'), what)
    t.match(await ask('PUT', '/v1/teams/crew', { name: 'Crew', ownerId: 'olive', memberIds: ['ann', id] }), refused('memberIds.1'), what)
    t.match(await ask('POST', '/v1/notifications', { audience: { userIds: [id] }, message }), refused('audience.userIds.0'), what)
    t.match(await ask('POST', '/v1/notifications', { audience: { teamIds: [id] }, message }), refused('audience.teamIds.0'), what)
    t.match(await ask('GET', `/v1/connections?userId=${encoded}`), refused('userId'), what)
    const item = { userId: id, provider: 'pushbullet', credentials: { accessToken: 'o.some' }, account: { id: '1', name: 'Ann' } }
    t.match((await ask('POST', '/v1/connections/import', { connections: [item] })).body, { data: [{ error: { code: 'invalidItem', path: 'userId' } }] }, what)
  }
  t.same(await api.database.sql`select external_id from users where external_id ~ '[[:cntrl:]]'`, [])
})

t.test('repairs the name of an account from a provider', async (t) => {
  const name = encodeURIComponent('mal\u202Elory')
  const walk = await openWalkOf(api, 'mallory', { provider: 'pushbullet' })
  const { status } = await walk.browser.get(await walk.toCallback(name))
  t.equal(status, 200)
  const { body } = await api.ask('GET', '/v1/connections', { token: walk.token })
  t.match(String(at(body, 'data.0.account.name')), /^mal lory$/i)
})

t.test('isolates a stored name that would be refused today', async (t) => {
  const walk = await openWalkOf(api, 'before', { provider: 'pushbullet', displayName: 'Before' })
  await api.database.sql`update users set display_name = ${'\u202Eevil'.repeat(40)} where external_id = 'before'`
  const { text } = await walk.browser.get(walk.startUrl)
  t.notMatch(text, '\u202E')
  t.match(text, /<strong><bdi>\uFFFDevil[^<]{70,75}…<\/bdi><\/strong>/)
})
