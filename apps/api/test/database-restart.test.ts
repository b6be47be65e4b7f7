import { createHmac, randomUUID } from 'node:crypto'
import { createApiKey } from '@carillon/shared/api-keys'
import { createUnsubscribeLinks } from '@carillon/shared/connections'
import { openDatabase, scopes } from '@carillon/shared/db'
import { createVault, parseVaultKeys } from '@carillon/shared/vault'
import { openSandbox } from '@carillon/sandbox'
import { ownPostgres, spawnApp, testKeys, until } from '@carillon/testing'
import t from 'tap'
import { request } from 'undici'

const requests = 1_200
const concurrency = 12

t.test('responds with 2xx or 503 while PostgreSQL restarts and crashes, and keeps everything that it accepted', async (t) => {
  const postgres = await ownPostgres(t)
  const sandbox = await openSandbox()
  t.teardown(() => sandbox.close())
  const keys = testKeys()
  const environment = sandbox.environment('pushbullet', 'slack')
  const api = spawnApp(t, 'api', {
    env: {
      DATABASE_URL: postgres.url,
      CARILLON_KEYS: keys,
      PORT: '0',
      LOG_LEVEL: 'warn',
      OUTGOING_PER_USER: '1000000',
      RATE_LIMIT_PER_USER: '1000000',
      RATE_LIMIT_PER_IP: '1000000',
      ...environment
    }
  })
  const { url } = await api.ready
  const database = openDatabase({ url: postgres.url, max: 1 })
  t.teardown(() => database.close())
  const { key } = await createApiKey(database, { name: 'test', scopes: [...scopes] })
  const asJson = { 'content-type': 'application/json' }
  const post = async (path: string, body: string): Promise<Record<string, string>> =>
    Object((await request(`${url}${path}`, { method: 'POST', body, headers: { authorization: `Bearer ${key}`, ...asJson } })).body.json())
  const { token = '' } = await post('/v1/user-tokens', '{"userId": "ann"}')

  const accepted: string[] = []
  const statuses = new Map<number, number>()
  /** The calls that were refused with 503. */
  const refused = new Set<string>()
  const odd: string[] = []
  let done = 0
  const over = new AbortController()

  const message = JSON.stringify({ audience: { userIds: ['ann'] }, message: { type: 'note', title: 'Hello' } })
  const unknown = '01890000-0000-7000-8000-000000000000'
  // It reaches no connection, so it is completed, and its stream of events ends at once.
  const { id: completed = '' } = await post('/v1/notifications', message)
  const unsubscribeUrl = createUnsubscribeLinks(createVault(parseVaultKeys(keys)), url).urlOf(unknown)
  const slack = signSlack(environment['SLACK_SIGNING_SECRET'] ?? '', JSON.stringify({
    type: 'event_callback', event_id: 'Ev1', event_time: 1, api_app_id: 'A1', team_id: 'T1', event: { type: 'app_uninstalled' }
  }))
  const user = { authorization: `Bearer ${token}` }
  type Call = [method: 'GET' | 'POST' | 'DELETE', path: string, body: string | null, headers?: () => Record<string, string>]
  const calls: Call[] = [
    ['POST', '/v1/notifications', message],
    ['POST', '/v1/notifications', message],
    ['GET', '/v1/connections?userId=ann', null],
    ['POST', '/v1/user-tokens', '{"userId": "ann"}'],
    ['GET', '/v1/providers', null],
    ['POST', '/v1/notifications', message, () => ({ 'idempotency-key': randomUUID() })],
    ['GET', `/v1/notifications/${completed}/events`, null],
    ['DELETE', `/v1/connections/con_${unknown}`, null],
    ['GET', `/v1/connections/con_${unknown}/proxy/v2/users/me`, null],
    ['POST', '/v1/connections/import', '{"connections": [{"userId": "bob", "provider": "pushbullet", "credentials": {"accessToken": "x"}, "account": {"id": "b", "name": "Bob"}}]}'],
    ['GET', '/v1/connectors', null, () => user],
    ['POST', '/v1/handshakes', '{"provider": "pushbullet"}', () => user],
    ['GET', `/v1/handshakes/hsk_${unknown}`, null, () => user],
    ['POST', '/inbound/slack', slack.body, () => slack.headers],
    ['GET', new URL(unsubscribeUrl).pathname, null],
    ['POST', new URL(unsubscribeUrl).pathname, 'List-Unsubscribe=One-Click'],
    // A form of a page, and the return of a browser from the provider.
    ['POST', '/connect/pushbullet/start', `handshake=hsk_${unknown}`, () => ({ 'content-type': 'application/x-www-form-urlencoded', origin: url })],
    ['GET', `/connect/pushbullet/callback?code=x&state=${'s'.repeat(43)}`, null, () => ({ cookie: `carillon_browser=${'b'.repeat(43)}` })],
    // A page that queries the database before it reports the missing handshake.
    ['GET', `/connect/pushbullet/start?handshake=hsk_${unknown}`, null]
  ]

  async function send (index: number): Promise<void> {
    const [method, path, body, headersOf] = calls[index % calls.length] ?? ['GET', '/', null]
    const type = body === null ? {} : asJson
    const answer = await request(`${url}${path}`, { method, body, headers: { authorization: `Bearer ${key}`, ...type, ...headersOf?.() } })
    const text = await answer.body.text()
    const { statusCode: status, headers } = answer
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
    if (status === 503) refused.add(`${method} ${path}`)
    if (status === 202) accepted.push(JSON.parse(text).id.slice('ntf_'.length))
    const isPage = /^\/(?:connect|u)\//.test(path)
    const isSaidWell = headers['retry-after'] !== undefined && (isPage || JSON.parse(text).code === 'unavailable')
    const isFine = status === 503 ? isSaidWell : status < 300 || status === 404 || (path.includes('/callback') && status === 400)
    if (!isFine) odd.push(`${method} ${path} ${status} ${text.slice(0, 300)}`)
  }

  async function sendAll (): Promise<void> {
    for (; !over.signal.aborted || done < requests; done++) await send(done)
  }

  const sending = Promise.all(Array.from({ length: concurrency }, sendAll))
  sending.catch(() => {}) // `await` reports the error
  await until(() => accepted.length > 20)
  for (const how of ['close', 'kill'] as const) {
    const before = statuses.get(503) ?? 0
    await postgres.stop(how)
    await until(() => (statuses.get(503) ?? 0) > before + 2 * calls.length)
    const acceptedBefore = accepted.length
    await postgres.start()
    await until(() => accepted.length > acceptedBefore + 20)
  }
  over.abort()
  await sending
  // The next statement detects a lost idle connection, so the first round may still fail.
  await until(async () => {
    const before = statuses.get(503) ?? 0
    for (const index of calls.keys()) await send(index)
    return (statuses.get(503) ?? 0) === before
  }, { what: 'every call to succeed again' })

  t.same([...new Set(odd)].slice(0, 10), [], 'there are no other responses')
  t.same(calls.map(([method, path]) => `${method} ${path}`).filter((call) => !refused.has(call)), [], 'every call was made while the database was away')
  t.ok(done >= requests, `${done} requests`)
  const rows = await until(() => database.sql`select id from notifications where id = any (${accepted}::uuid[])`)
  t.equal(rows.length, accepted.length, `all ${accepted.length} are in the database`)
  t.equal(new Set(accepted).size, accepted.length)
})

function signSlack (secret: string, body: string): { body: string, headers: Record<string, string> } {
  const timestamp = String(Math.floor(Date.now() / 1000))
  const signature = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')
  return { body, headers: { 'x-slack-request-timestamp': timestamp, 'x-slack-signature': `v0=${signature}` } }
}
