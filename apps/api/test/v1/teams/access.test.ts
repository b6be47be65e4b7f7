import { findSealed } from '@carillon/shared/connections'
import { openCredentials } from '@carillon/shared/grants'
import { parseId } from '@carillon/shared/db'
import { createBrowser } from '@carillon/testing'
import t from 'tap'
import { openWalk } from '../../handshakes/walk.ts'
import { openTeamApi, refusals, teamCallers } from '../../open-team-api.ts'
import type { AccessRow, TeamCaller } from '../../open-team-api.ts'

/** The access rights to a team's connection, as documented in docs/teams.md. */
const { api, key, put, tokenOf, connect } = await openTeamApi(t)

interface Asking {
  token: string
  /** The site's id of the team. */
  teamId: string
  /** Names the team when the token does not, for callers that may do so. */
  query: string
  connectionId: string
}

const ok = { status: 200 }
const { notOwner, notFound, wrongCaller, teamRequired } = refusals
const connected = { status: 'active', teamId: String, userId: null, connectedBy: { userId: 'olive', name: 'Olive' }, account: { name: 'The page' } }

const rows: Array<AccessRow<Asking>> = [
  {
    what: 'connectors',
    ask: ({ token, query }) => api.ask('GET', `/v1/connectors${query}`, { token }),
    gets: {
      owner: { ...ok, body: { data: [{ holder: 'team', canManage: true, reason: null, contact: null, connection: connected }] } },
      member: { ...ok, body: { data: [{ canManage: false, reason: 'notOwner', contact: 'Olive', connection: connected }] } },
      outsider: notFound,
      'no team': { ...ok, body: { data: [{ canManage: false, reason: 'teamRequired', contact: null, team: null, connection: null }] } },
      operator: wrongCaller
    }
  },
  {
    what: 'handshakes',
    ask: ({ token, query, teamId }) =>
      api.ask('POST', '/v1/handshakes', { token, body: { provider: 'pushbullet', ...query === '' ? {} : { teamId } } }),
    gets: { owner: { status: 201 }, member: notOwner, outsider: notFound, 'no team': teamRequired, operator: wrongCaller }
  },
  {
    what: 'the connection',
    ask: ({ token, connectionId }) => api.ask('GET', `/v1/connections/${connectionId}`, { token }),
    gets: { owner: { ...ok, body: connected }, member: { ...ok, body: connected }, outsider: notFound, 'no team': ok, operator: ok }
  },
  {
    what: 'the list of connections',
    ask: ({ token, teamId }) => api.ask('GET', `/v1/connections?teamId=${teamId}`, { token }),
    gets: {
      owner: { ...ok, body: { data: [connected] } },
      member: { ...ok, body: { data: [connected] } },
      outsider: notFound,
      'no team': { ...ok, body: { data: [connected] } },
      operator: { ...ok, body: { data: [connected] } }
    }
  },
  {
    what: 'a test',
    ask: ({ token, connectionId }) => api.ask('POST', `/v1/connections/${connectionId}/test`, { token }),
    gets: { owner: ok, member: notOwner, outsider: notFound, 'no team': notOwner, operator: ok }
  },
  {
    what: 'the proxy',
    ask: ({ token, connectionId }) => api.ask('GET', `/v1/connections/${connectionId}/proxy/v2/users/me`, { token }),
    gets: { owner: wrongCaller, member: wrongCaller, outsider: wrongCaller, 'no team': wrongCaller, operator: ok }
  },
  {
    what: 'disconnecting',
    ask: ({ token, connectionId }) => api.ask('DELETE', `/v1/connections/${connectionId}`, { token }),
    gets: { owner: { status: 204 }, member: notOwner, outsider: notFound, 'no team': notOwner, operator: { status: 204 } }
  }
]

await api.makeUser('olive', 'Olive')
let teams = 0

/** A team that Olive owns with the member Max. */
async function openTeam (): Promise<string> {
  const teamId = `team-${teams++}`
  await put(teamId, 'olive', 'max')
  return teamId
}

/** A caller that requests a connected team. "No team" is a member who has not chosen one. */
async function asking (caller: TeamCaller, teamId: string, connectionId: string): Promise<Asking> {
  const tokens = {
    owner: () => tokenOf('olive', teamId),
    member: () => tokenOf('max', teamId),
    outsider: () => tokenOf('steve'),
    'no team': () => tokenOf('max'),
    operator: async () => key
  }
  return { token: await tokens[caller](), teamId, query: caller === 'outsider' ? `?teamId=${teamId}` : '', connectionId }
}

for (const { what, ask, gets } of rows) {
  t.test(`allows ${what} only for callers with access`, async (t) => {
    for (const caller of teamCallers) {
      const teamId = await openTeam()
      const { id } = await connect(teamId)
      t.match(await ask(await asking(caller, teamId, id)), gets[caller], caller)
    }
  })
}

const returnTo = 'https://site.example/'
const connectionsOf = async (teamId: string): Promise<unknown> =>
  (await api.ask('GET', `/v1/connections?teamId=${teamId}`, { token: key })).body

/** The role of the user who started the handshake at the time of the callback. */
const callbacks: Array<[string, string[], string]> = [
  ['the owner', ['olive', 'max'], 'carillon=connected&provider=pushbullet'],
  ['a member, who was the owner', ['max', 'olive'], 'carillon=failed&provider=pushbullet&reason=notOwner'],
  ['a outsider, who was the owner', ['max'], 'carillon=failed&provider=pushbullet&reason=notOwner']
]
for (const [who, [ownerId = '', ...members], outcome] of callbacks) {
  t.test(`ends the callback of ${who} with ${outcome}`, async (t) => {
    const teamId = await openTeam()
    const walk = await openWalk(api, await tokenOf('olive', teamId), { returnTo })
    const callback = await walk.toCallback()
    await put(teamId, ownerId, ...members)
    t.match((await walk.browser.get(callback)).location, outcome)
    t.match(await connectionsOf(teamId), { data: { length: outcome.includes('connected') ? 1 : 0 } })
  })
}

t.test('refuses a callback from a browser that has not started the handshake, whatever it sends', async (t) => {
  const teamId = await openTeam()
  const walk = await openWalk(api, await tokenOf('olive', teamId), { returnTo })
  const callback = await walk.toCallback()
  for (const caller of ['member', 'outsider', 'no team', 'operator'] as const) {
    const { token } = await asking(caller, teamId, '')
    t.match((await createBrowser().get(callback, { authorization: `Bearer ${token}` })).text, /Reason: noCookie/, caller)
  }
  t.match(await connectionsOf(teamId), { data: { length: 0 } })
  t.match((await walk.browser.get(callback)).location, 'carillon=connected', 'the owner can still use it')
})

t.test('reveals no token of the connection in any response, page or log', async (t) => {
  const teamId = await openTeam()
  const { id, accessToken } = await connect(teamId)
  const kept = async (): Promise<string[]> => {
    const provider = api.services.providers.get('pushbullet')
    const sealed = await findSealed(api.database, parseId('connection', id) ?? '')
    if (provider === undefined || sealed === undefined) throw new Error('there is no connection')
    return [openCredentials(api.services.vault, provider, sealed).accessToken ?? '', sealed.credentials]
  }
  const told: unknown[] = []
  const askAll = async (): Promise<void> => {
    for (const caller of teamCallers) {
      for (const { what, ask } of rows) if (what !== 'disconnecting') told.push(await ask(await asking(caller, teamId, id)))
    }
  }
  const first = await kept()
  t.equal(first[0], accessToken)
  await askAll()
  const walk = await openWalk(api, await tokenOf('olive', teamId))
  told.push(await walk.browser.get(walk.startUrl), await walk.finish(), await walk.browser.get(`${api.url}/connect`))
  const second = await kept()
  t.not(second[0], accessToken)
  await api.control('POST', '/tokens/revoke', { provider: 'pushbullet' })
  await askAll()
  told.push(await api.ask('DELETE', `/v1/connections/${id}`, { token: await tokenOf('olive', teamId) }), await connectionsOf(teamId))

  const all = JSON.stringify(told) + api.logLines.join('')
  t.ok(all.includes(id) && all.includes('needsReauth'), 'the collected texts are not empty')
  for (const secret of [...first, ...second]) {
    t.ok(secret.length > 20)
    t.notOk(all.includes(secret))
  }
})
