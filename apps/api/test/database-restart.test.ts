import { createApiKey } from '@carillon/shared/api-keys'
import { openDatabase, scopes } from '@carillon/shared/db'
import { openSandbox } from '@carillon/sandbox'
import { ownPostgres, spawnApp, testKeys, until } from '@carillon/testing'
import t from 'tap'
import { request } from 'undici'

t.setTimeout(400_000)

const requests = 1_200
const concurrency = 12

t.test('responds with 2xx or 503 while PostgreSQL restarts and crashes, and keeps everything that it accepted', async (t) => {
  const postgres = await ownPostgres(t)
  const sandbox = await openSandbox()
  t.teardown(() => sandbox.close())
  const api = spawnApp(t, 'api', {
    env: {
      DATABASE_URL: postgres.url,
      CARILLON_KEYS: testKeys(),
      PORT: '0',
      LOG_LEVEL: 'warn',
      ...sandbox.environment('pushbullet')
    }
  })
  const { url } = await api.ready
  const database = openDatabase({ url: postgres.url, max: 1 })
  t.teardown(() => database.close())
  const { key } = await createApiKey(database, { name: 'test', scopes: [...scopes] })

  const accepted: string[] = []
  const statuses = new Map<number, number>()
  const odd: string[] = []
  let done = 0
  const over = new AbortController()

  const message = JSON.stringify({ audience: { userIds: ['ann'] }, message: { type: 'note', title: 'Hello' } })
  const unknown = '01890000-0000-7000-8000-000000000000'
  const calls: Array<[method: 'GET' | 'POST', path: string, body: string | null]> = [
    ['POST', '/v1/notifications', message],
    ['POST', '/v1/notifications', message],
    ['GET', '/v1/connections?userId=ann', null],
    ['POST', '/v1/user-tokens', '{"userId": "ann"}'],
    ['GET', '/v1/providers', null],
    // A page that queries the database before it reports the missing handshake.
    ['GET', `/connect/pushbullet/start?handshake=hsk_${unknown}`, null]
  ]

  async function send (index: number): Promise<void> {
    const [method, path, body] = calls[index % calls.length] ?? ['GET', '/', null]
    const type = body === null ? {} : { 'content-type': 'application/json' }
    const answer = await request(`${url}${path}`, { method, body, headers: { authorization: `Bearer ${key}`, ...type } })
    const text = await answer.body.text()
    const { statusCode: status, headers } = answer
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
    if (status === 202) accepted.push(JSON.parse(text).id.slice('ntf_'.length))
    const isPage = path.startsWith('/connect')
    const isSaidWell = headers['retry-after'] !== undefined && (isPage || JSON.parse(text).code === 'unavailable')
    const isFine = status === 503 ? isSaidWell : status < 300 || (isPage && status === 404)
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
    await until(() => (statuses.get(503) ?? 0) > before + 20)
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
  t.ok(done >= requests, `${done} requests`)
  const rows = await until(() => database.sql`select id from notifications where id = any (${accepted}::uuid[])`)
  t.equal(rows.length, accepted.length, `all ${accepted.length} are in the database`)
  t.equal(new Set(accepted).size, accepted.length)
})
