import t from 'tap'
import { openTeamPulls } from '../v1/pulls/open-team-pulls.ts'

const { api, key, put, connect } = await openTeamPulls(t)
let teams = 0

/** A team's connection for proxied requests. */
async function open () {
  const teamId = `team-${teams++}`
  await put(teamId, 'olive')
  const { id, accessToken } = await connect(teamId, 'facebook')
  const ask = async (method: 'GET' | 'POST' | 'DELETE', path: string, asked: { body?: string, headers?: Record<string, string> } = {}) =>
    await api.ask(method, `/v1/connections/${id}/proxy${path}`, { token: key, ...asked })
  const status = async () => (await api.ask('GET', `/v1/connections/${id}`, { token: key })).body
  return { id, accessToken, ask, status }
}

t.test("adds the proof of the app's secret, and ignores proofs from callers", async (t) => {
  await api.control('POST', '/quirks', { provider: 'facebook', quirk: 'ignoresMissingProof', on: false })
  t.teardown(() => api.control('POST', '/quirks', { provider: 'facebook', quirk: 'ignoresMissingProof', on: true }))
  const { ask } = await open()
  const me = { status: 200, body: { id: /^\d+$/, name: String } }
  t.match(await ask('GET', '/v26.0/me?fields=id,name'), me)
  t.match(await ask('GET', '/me?access_token=mine&appsecret_proof=0&appsecret_time=1&fields=name'), me, "whatever the caller's query contains")
  const form = { headers: { 'content-type': 'application/x-www-form-urlencoded' } }
  t.match(await ask('POST', '/v26.0/act_1/insights', { body: 'access_token=mine&fields=spend', ...form }), { status: 400, body: { code: 'badRequest' } })
})

t.test('returns refusals, and detects what they mean for the token', async (t) => {
  const { ask, status } = await open()
  for (const fault of ['4', '10', '80004', '200-with-error']) {
    await api.control('POST', '/faults', { provider: 'facebook', match: '/me', fault, times: 1 })
    t.match((await ask('GET', '/me')).body, { error: { code: Number(fault.replace('200-with-error', '2')) } }, fault)
    t.match(await status(), { status: 'active' })
  }
  t.match(await ask('GET', '/nowhere'), { status: 400, body: { error: { code: Number } } })
})

t.test('exchanges a refused token once, and returns the refusal when that fails', async (t) => {
  const { ask, status } = await open()
  await api.control('POST', '/faults', { provider: 'facebook', match: 'GET /graph/me', fault: '190/467', times: 1 })
  t.match(await ask('GET', '/me'), { status: 200, body: { id: String } })
  t.match(await status(), { status: 'active' })

  await api.control('POST', '/tokens/expire', { provider: 'facebook' })
  t.match(await ask('GET', '/me'), { status: 400, body: { error: { code: 190, error_subcode: 463 } } })
  t.match(await status(), { status: 'needsReauth', statusReason: 'access token is expired (#190/463)' })
  t.match(await ask('GET', '/me'), { status: 409, body: { code: 'needsReauth' } })
})
