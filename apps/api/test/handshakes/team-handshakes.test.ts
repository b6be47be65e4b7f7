import { createBrowser } from '@carillon/testing'
import t from 'tap'
import { at, textAt } from '../open-api.ts'
import { openTeamApi } from '../open-team-api.ts'
import { wordsOf } from './open-walks.ts'
import { openWalk } from './walk.ts'

const { api, key, put, tokenOf, meanwhile } = await openTeamApi(t, { teams: ['pushbullet', 'pumpio', 'blotre'] })
const returnTo = 'https://site.example/settings'
const connectionsOf = async (teamId: string): Promise<unknown[]> =>
  Object.values(at((await api.ask('GET', `/v1/connections?teamId=${teamId}`, { token: key })).body, 'data') ?? {})
const look = async (id: string, token: string): Promise<unknown> => (await api.ask('GET', `/v1/handshakes/${id}`, { token })).body
await api.control('POST', '/quirks', { provider: 'pumpio', quirk: 'ignoresVerifier', on: false })

let teams = 0
/** A team that Olive owns with the member Max, her token, and a function that makes him the owner. */
async function openTeam (t: { teardown: (close: () => unknown) => void }) {
  const teamId = `team-${teams++}`
  await put(teamId, 'olive', 'max')
  await api.makeUser('olive', 'Olive')
  t.teardown(() => { meanwhile.run = async () => undefined })
  return { teamId, token: await tokenOf('olive', teamId), handOver: () => put(teamId, 'max', 'olive') }
}

t.test('names the team on the start page, and the use of the connection at the end', async (t) => {
  const { teamId, token } = await openTeam(t)
  const walk = await openWalk(api, token)
  const start = await walk.browser.get(walk.startUrl)
  t.match(start.text, `Connect Pushbullet for team <strong><bdi>${teamId}</bdi></strong> at <em><bdi>Bell &amp; Sons</bdi></em>`)
  t.match(wordsOf(start), `Team: ${teamId} · id ${teamId}. Account at Bell & Sons: Olive · id olive. If this is not your account, another person sent you their link`)
  const end = await walk.finish()
  t.match(end.text, new RegExp(`now uses the account <strong><bdi>[^<]+</bdi></strong> for everyone in the team <strong><bdi>${teamId}</bdi></strong>`))
  t.match(await look(walk.id, token), { status: 'completed', teamId, connectionId: /^con_/ })
  t.match(await connectionsOf(teamId), [{ teamId, userId: null, connectedBy: { userId: 'olive', name: 'Olive' } }])
})

t.test('escapes the name of a team on a page', async (t) => {
  await api.ask('PUT', '/v1/teams/bold', { token: key, body: { name: '<b>Bold</b>', ownerId: 'olive', memberIds: [] } })
  const walk = await openWalk(api, await tokenOf('olive', 'bold'))
  const { text } = await walk.browser.get(walk.startUrl)
  t.notMatch(text, '<b>')
  t.match(text, '&lt;b&gt;Bold&lt;/b&gt;')
})

t.test('sends no welcome notification to the owner of a team', async (t) => {
  const { token } = await openTeam(t)
  await (await openWalk(api, token)).finish()
  t.same(await api.database.sql`select from notifications`, [])
})

t.test('keeps the id, and revokes the old token, when the owner or a new owner reconnects', async (t) => {
  const { teamId, token, handOver } = await openTeam(t)
  const code = async (token: string, account: string) => {
    const { body } = await api.ask('POST', '/v1/handshakes', { token, body: { provider: 'blotre', kind: 'code' } })
    await createBrowser().get(`${textAt(body, 'redeemUrl')}?auto=allow&code=${textAt(body, 'code')}&account=${account}`)
    const redeemed = await api.ask('POST', `/v1/handshakes/${textAt(body, 'id')}/redeem`, { token })
    t.match(redeemed.body, { status: 'completed', teamId })
    return textAt(redeemed.body, 'connectionId')
  }
  const id = await code(token, 'first')
  t.equal(await code(token, 'second'), id)
  await handOver()
  t.match(await connectionsOf(teamId), [{ id, status: 'active', connectedBy: { userId: 'olive' } }], 'it still belongs to the team')
  t.equal(await code(await tokenOf('max', teamId), 'third'), id)
  t.match(await connectionsOf(teamId), [{ id, connectedBy: { userId: 'max' }, account: { name: 'third' } }])
  t.match((await api.ask('GET', `/v1/connections/${id}`, { token })).body, {
    revocation: { state: 'pending' },
    events: [
      { event: 'connection.connected' }, { event: 'connection.reconnected' }, { event: 'connection.transferred' }, { event: 'connection.reconnected' }
    ]
  })
  const [row] = await api.database.sql`select count(*)::int as queued from revocations where connection_id = ${id.slice(4)}`
  t.match(row, { queued: 2 })
})

t.test('ends the rights of the previous owner, and gives them all to the new one', async (t) => {
  const { teamId, token } = await openTeam(t)
  await (await openWalk(api, token)).finish()
  const [connection] = await connectionsOf(teamId)
  const id = textAt(connection, 'id')
  await put(teamId, 'max')
  for (const [method, path] of [['GET', ''], ['DELETE', ''], ['POST', '/test']] as const) {
    t.equal((await api.ask(method, `/v1/connections/${id}${path}`, { token })).status, 404)
  }
  t.match(await connectionsOf(teamId), [{ id, status: 'active', connectedBy: { userId: 'olive' } }])
  t.equal((await api.ask('DELETE', `/v1/connections/${id}`, { token: await tokenOf('max') })).status, 204)
  t.match(await connectionsOf(teamId), [{ id, status: 'revoked' }])
})

t.test('requires the current owner at every step of a redirect', async (t) => {
  await t.test('at the start', async (t) => {
    const { token, teamId, handOver } = await openTeam(t)
    const walk = await openWalk(api, token, { returnTo })
    const page = await walk.browser.get(walk.startUrl)
    await handOver()
    const seen = await walk.browser.get(walk.startUrl)
    t.equal(seen.status, 403)
    t.match(seen.text, /You are not the owner of the team.*Reason: notOwner/s)
    t.match(await look(walk.id, token), { status: 'pending' }, 'reading the handshake changes nothing')
    t.equal((await walk.browser.submit(page)).location, `${returnTo}?carillon=failed&provider=pushbullet&reason=notOwner&handshake=${walk.id}#`)
    t.match(await look(walk.id, token), { status: 'failed', error: 'notOwner' })
    t.same(await connectionsOf(teamId), [])
  })

  await t.test('at the callback, without a request to the provider', async (t) => {
    const { token, teamId, handOver } = await openTeam(t)
    const walk = await openWalk(api, token)
    const callback = await walk.toCallback()
    await handOver()
    let asked = 0
    meanwhile.run = async () => asked++
    const page = await walk.browser.get(callback)
    t.equal(page.status, 403)
    t.match(page.text, /Only the owner of a team can connect Pushbullet for it.*Reason: notOwner/s)
    t.equal(asked, 0)
    t.match(await look(walk.id, token), { status: 'failed', error: 'notOwner', connectionId: null })
    t.same(await connectionsOf(teamId), [])
    t.match((await walk.browser.get(callback)).text, /Reason: notOwner/, 'a reload leads to the same result')
  })

  await t.test('and when the grant is stored', async (t) => {
    const { token, teamId, handOver } = await openTeam(t)
    const walk = await openWalk(api, token, { returnTo })
    const callback = await walk.toCallback()
    meanwhile.run = handOver
    t.match((await walk.browser.get(callback)).location, 'reason=notOwner')
    t.match(await look(walk.id, token), { status: 'failed', error: 'notOwner' })
    t.same(await connectionsOf(teamId), [])
    t.same(await api.database.sql`select from revocations where provider = 'pushbullet'`, [])
  })
})

t.test('requires the current owner with a verifier', async (t) => {
  const { token, teamId, handOver } = await openTeam(t)
  const asked = { provider: 'pumpio', kind: 'verifier', account: `olive@${api.pumpioHost}` }
  const open = async () => (await api.ask('POST', '/v1/handshakes', { token, body: asked })).body
  const [byApi, byPage] = [await open(), await open()]
  const verifiers = [byApi, byPage].map(async (body) => {
    const { text } = await createBrowser().get(`${textAt(body, 'authorizeUrl')}&auto=allow&account=olive`)
    return /id="verifier"[^>]*>([^<]+)</.exec(text)?.[1]?.trim() ?? ''
  })
  const [first = '', second = ''] = await Promise.all(verifiers)
  const browser = createBrowser()
  const page = await browser.get(textAt(byPage, 'startUrl'))
  t.match(page.text, `Connect pump.io for team <strong><bdi>${teamId}</bdi></strong>`)
  await handOver()
  const given = await api.ask('POST', `/v1/handshakes/${textAt(byApi, 'id')}/verifier`, { token, body: { verifier: first } })
  t.match(given, { status: 422, body: { code: 'handshakeFailed', reason: 'notOwner' } })
  t.match((await browser.submit(page, { verifier: second })).text, /Reason: notOwner/)
  t.same(await connectionsOf(teamId), [])
})

t.test('requires the current owner with a code', async (t) => {
  const { token, teamId, handOver } = await openTeam(t)
  const { body } = await api.ask('POST', '/v1/handshakes', { token, body: { provider: 'blotre', kind: 'code' } })
  const page = await createBrowser().get(textAt(body, 'startUrl'))
  t.match(page.text, `for team <strong><bdi>${teamId}</bdi></strong>`)
  await createBrowser().get(`${textAt(body, 'redeemUrl')}?auto=allow&code=${textAt(body, 'code')}&account=olive`)
  await handOver()
  t.match((await api.ask('POST', `/v1/handshakes/${textAt(body, 'id')}/redeem`, { token })).body, { status: 'failed', error: 'notOwner' })
  t.same(await connectionsOf(teamId), [])
})
