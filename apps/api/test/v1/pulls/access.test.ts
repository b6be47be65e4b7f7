import t from 'tap'
import { openWalk } from '../../handshakes/walk.ts'
import type { Answer } from '../../open-api.ts'
import { refusals, teamCallers } from '../../open-team-api.ts'
import type { AccessRow, TeamCaller } from '../../open-team-api.ts'
import { openTeamPulls } from './open-team-pulls.ts'

/** The access rights to a team's pulled data, as documented in docs/pulls.md. */
const { api, key, put, tokenOf, pulled } = await openTeamPulls(t)

interface Asking {
  token: string
  teamId: string
  connectionId: string
  accessToken: string
}

const ok = { status: 200 }
const { notOwner, notFound, wrongCaller } = refusals
const seen = { status: 'active', teamId: String, connectedBy: { userId: 'olive', name: 'Olive' }, account: { name: 'The page' } }
const figures = {
  ...ok,
  body: {
    data: [{ account: 'act_1', day: '2026-03-01', impressions: '10', clicks: '1', spend: '0.10' }],
    totals: [{ currency: 'EUR', impressions: '10', clicks: '1', spend: '0.10' }],
    connection: { id: /^con_/, status: 'active' },
    pull: { state: 'waiting', succeededAt: String, failedAt: null }
  }
}
const works = { ...ok, body: { ok: true, receipt: undefined, error: undefined } }
const soon = { status: 202, body: { state: 'waiting', dueAt: String } }

const rows: Array<AccessRow<Asking>> = [
  {
    what: 'connectors',
    ask: ({ token, teamId }) => api.ask('GET', `/v1/connectors?teamId=${teamId}`, { token }),
    gets: {
      owner: { ...ok, body: { data: [{ provider: 'facebook', holder: 'team', canManage: true, contact: null, connection: seen, pull: { name: 'insights', succeededAt: String } }] } },
      member: { ...ok, body: { data: [{ canManage: false, reason: 'notOwner', contact: 'Olive', connection: seen, pull: { failure: null } }] } },
      outsider: notFound,
      'no team': { ...ok, body: { data: [{ canManage: false, reason: 'notOwner', contact: 'Olive', connection: seen }] } },
      operator: wrongCaller
    }
  },
  {
    what: 'connectors when no team is named',
    ask: ({ token }) => api.ask('GET', '/v1/connectors', { token }),
    gets: {
      owner: { ...ok, body: { data: [{ canManage: true, connection: seen }] } },
      member: { ...ok, body: { data: [{ canManage: false, reason: 'notOwner', connection: seen }] } },
      outsider: { ...ok, body: { data: [{ canManage: false, reason: 'teamRequired', connection: null }] } },
      'no team': { ...ok, body: { data: [{ canManage: false, reason: 'teamRequired', connection: null }] } },
      operator: wrongCaller
    }
  },
  {
    what: 'handshakes',
    ask: ({ token }) => api.ask('POST', '/v1/handshakes', { token, body: { provider: 'facebook' } }),
    gets: {
      owner: { status: 201, body: { kind: 'redirect', startUrl: String } },
      member: notOwner,
      outsider: { status: 422, body: { code: 'teamRequired' } },
      'no team': { status: 422, body: { code: 'teamRequired', detail: /choose one/ } },
      operator: wrongCaller
    }
  },
  {
    what: 'the team\'s figures',
    ask: ({ token, teamId }) => api.ask('GET', `/v1/teams/${teamId}/pulls/facebook/insights`, { token }),
    gets: { owner: figures, member: figures, outsider: notFound, 'no team': figures, operator: figures }
  },
  {
    what: 'the figures by the connection',
    ask: ({ token, connectionId }) => api.ask('GET', `/v1/connections/${connectionId}/pulls/insights`, { token }),
    gets: { owner: figures, member: figures, outsider: notFound, 'no team': figures, operator: figures }
  },
  {
    what: 'the figures as CSV',
    ask: ({ token, teamId }) => api.ask('GET', `/v1/teams/${teamId}/pulls/facebook/insights`, { token, headers: { accept: 'text/csv' } }),
    gets: {
      owner: { ...ok, body: /act_1/ },
      member: { ...ok, body: /act_1/ },
      outsider: notFound,
      'no team': { ...ok, body: /act_1/ },
      operator: { ...ok, body: /act_1/ }
    }
  },
  {
    what: 'a refresh',
    ask: ({ token, teamId }) => api.ask('POST', `/v1/teams/${teamId}/pulls/facebook/insights/refresh`, { token }),
    gets: { owner: soon, member: notOwner, outsider: notFound, 'no team': notOwner, operator: soon }
  },
  {
    what: 'a test',
    ask: ({ token, connectionId }) => api.ask('POST', `/v1/connections/${connectionId}/test`, { token }),
    gets: { owner: works, member: notOwner, outsider: notFound, 'no team': notOwner, operator: works }
  },
  {
    what: 'the proxy',
    ask: ({ token, connectionId }) => api.ask('GET', `/v1/connections/${connectionId}/proxy/v26.0/me/adaccounts?fields=name`, { token }),
    gets: {
      owner: wrongCaller,
      member: wrongCaller,
      outsider: wrongCaller,
      'no team': wrongCaller,
      operator: { ...ok, body: { data: [{ id: /^act_/, name: String }, {}] } }
    }
  },
  {
    what: 'disconnecting',
    ask: ({ token, connectionId }) => api.ask('DELETE', `/v1/connections/${connectionId}`, { token }),
    gets: { owner: { status: 204 }, member: notOwner, outsider: notFound, 'no team': notOwner, operator: { status: 204 } }
  }
]

await api.makeUser('olive', 'Olive')
let teams = 0

/** A team with pulled data, and a caller. "No team" is a member whose token names none. */
async function asked (caller: TeamCaller): Promise<Asking> {
  const teamId = `team-${teams++}`
  await put(teamId, 'olive', 'max')
  const { id, accessToken } = await pulled(teamId, { act_1: { days: { '2026-03-01': ['10', '1', '0.10'] } } })
  const tokens = {
    owner: () => tokenOf('olive', teamId),
    member: () => tokenOf('max', teamId),
    outsider: () => tokenOf('steve'),
    'no team': () => tokenOf('max'),
    operator: async () => key
  }
  return { token: await tokens[caller](), teamId, connectionId: id, accessToken }
}

for (const { what, ask, gets } of rows) {
  t.test(`allows ${what} only for callers with access`, async (t) => {
    for (const caller of teamCallers) t.match(await ask(await asked(caller)), gets[caller], caller)
  })
}

/** The role of the user who started the handshake at the time of the callback. */
const callbacks: Array<[string, string[], string]> = [
  ['the owner', ['olive', 'max'], 'carillon=connected&provider=facebook'],
  ['a member, who was the owner', ['max', 'olive'], 'carillon=failed&provider=facebook&reason=notOwner'],
  ['a outsider, who was the owner', ['max'], 'carillon=failed&provider=facebook&reason=notOwner']
]
for (const [who, [ownerId = '', ...members], outcome] of callbacks) {
  t.test(`ends the callback of ${who} with ${outcome}`, async (t) => {
    const teamId = `team-${teams++}`
    await put(teamId, 'olive', 'max')
    const walk = await openWalk(api, await tokenOf('olive', teamId), { provider: 'facebook', returnTo: 'https://site.example/' })
    const callback = await walk.toCallback()
    await put(teamId, ownerId, ...members)
    t.match((await walk.browser.get(callback)).location, outcome)
  })
}

t.test('explains with a test why a token no longer works', async (t) => {
  for (const [end, reason] of [['revoke', 'the user has removed the app (#190/458)'], ['expire', 'access token is expired (#190/463)']]) {
    const { connectionId } = await asked('operator')
    await api.control('POST', `/tokens/${end}`, { provider: 'facebook' })
    const tested = await api.ask('POST', `/v1/connections/${connectionId}/test`, { token: key })
    t.match(tested, { status: 200, body: { ok: false, error: { kind: 'unauthorized', reason } } })
    t.match(await api.ask('GET', `/v1/connections/${connectionId}`, { token: key }), { body: { status: 'needsReauth', statusReason: reason } })
  }
})

t.test('tells an owner how to connect, and a member whom to ask, when there is no connection', async (t) => {
  await put('unconnected', 'olive', 'max')
  const ask = async (token: string, path = 'insights') => await api.ask('GET', `/v1/teams/unconnected/pulls/facebook/${path}`, { token })
  t.match(await ask(await tokenOf('olive')), { status: 409, body: { code: 'notConnected', detail: /unconnected: connect it first$/, contact: undefined } })
  for (const token of [await tokenOf('max'), key]) {
    t.match(await ask(token), { status: 409, body: { code: 'notConnected', detail: /ask Olive to connect it$/, contact: 'Olive' } })
  }
  for (const path of ['nothing', 'constructor']) t.match(await ask(key, path), notFound)
  for (const path of ['/v1/teams/nowhere/pulls/facebook/insights', '/v1/teams/unconnected/pulls/constructor/insights', '/v1/connections/con_x/pulls/insights']) {
    t.match(await api.ask('GET', path, { token: key }), notFound)
  }
  for (const [scope, method, path] of [['connections:write', 'GET', ''], ['connections:read', 'POST', '/refresh']] as const) {
    const token = await api.makeKey(scope)
    t.match(await api.ask(method, `/v1/teams/unconnected/pulls/facebook/insights${path}`, { token }), { status: 403, body: { code: 'insufficientScope' } })
  }
})

t.test('reveals neither the token nor its proof in any response or log', async (t) => {
  const told: Answer[] = []
  const secrets: string[] = []
  for (const caller of ['owner', 'member', 'outsider', 'no team', 'operator'] as const) {
    for (const { ask } of rows) {
      const asking = await asked(caller)
      secrets.push(asking.accessToken)
      told.push(await ask(asking))
    }
  }
  const { connectionId, accessToken } = await asked('operator')
  const paged = await api.ask('GET', `/v1/connections/${connectionId}/proxy/v26.0/me/adaccounts?limit=1`, { token: key })
  t.match(paged, { status: 200, body: { paging: { next: /access_token=\*+/ } } }, 'not even in the URL of the next page')
  const all = JSON.stringify([...told, paged]) + api.logLines.join('')
  for (const secret of [...secrets, accessToken]) {
    t.match(secret, /^EAA\w{100}/)
    t.notOk(all.includes(secret))
  }
  t.notMatch(all, /appsecret_proof=[0-9a-f]{64}/)
})
