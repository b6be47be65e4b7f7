import { createApiKey } from '@carillon/shared/api-keys'
import { openDatabase, scopes } from '@carillon/shared/db'
import { backends, createSite, openHandshake, sandboxEnvironment, spawnApp, testKeys, until, waysIn } from '@carillon/testing'
import type { BackendEnvironment, ConnectionResponse } from '@carillon/testing'
import t from 'tap'
import type { Test } from 'tap'

// Reconcile runs when a worker starts, and an hour later. Released deliveries need their own wake-up.
// Each test has its own database and processes and mostly waits, so they run at the same time.
t.jobs = 2

const provider = 'blotre'
const account = 'ann'

/** A user who has connected Blot're by redirect, and the processes. */
async function openConnected (t: Test, env: BackendEnvironment) {
  const { url: sandboxUrl } = await spawnApp(t, 'sandbox', { env: { SANDBOX_PORT: '0' } }).ready
  const shared = {
    ...env,
    CARILLON_KEYS: testKeys(),
    PORT: '0',
    ...await sandboxEnvironment(sandboxUrl, provider),
    RECONCILE_SECONDS: '3600'
  }
  const { url: apiUrl } = await spawnApp(t, 'api', { env: shared }).ready
  const startWorker = async () => {
    const worker = spawnApp(t, 'worker', { env: shared })
    await worker.ready
    return worker
  }
  const database = openDatabase({ url: env.DATABASE_URL, max: 1 })
  t.teardown(() => database.close())
  const { key } = await createApiKey(database, { name: 'test', scopes: [...scopes] })
  const site = createSite({ apiUrl, sandboxUrl, operatorKey: key })

  const [way] = waysIn.filter(({ kind }) => kind === 'redirect')
  const connect = async () => {
    const handshake = await openHandshake(site, 'ann', { provider, kind: 'redirect' })
    await way?.walk(site, handshake, { account, answer: 'allow' })
    return (await handshake.look()).connectionId ?? ''
  }
  const id = await connect()
  return {
    ...site,
    id,
    connect,
    startWorker,
    database,
    show: () => site.api<ConnectionResponse>('GET', `/v1/connections/${id}`),
    refreshes: async () => {
      const path = `/refreshes?provider=${provider}&account=${account}`
      return (await site.control<{ data: Array<{ refreshes: number, refused: number }> }>('GET', path)).data[0]
    },
    /** How often this tag was sent. Its color is a separate request, which may follow later tags. */
    countSent: async (tag: string) => {
      const seen = (await site.inbox(account, provider)).filter(({ item }) => item.type === 'tags')
      return seen.filter(({ item }) => JSON.stringify(item).includes(`"${tag}"`)).length
    }
  }
}

for (const { kind, skip, open } of await backends()) {
  t.test(`with jobs in ${kind}, a revoked refresh token parks deliveries until the user reconnects`, { skip }, async (t) => {
    const connected = await openConnected(t, await open(t))
    const { api, control, notify, delivery, inbox, id, connect, startWorker, show, countSent, refreshes } = connected
    await Promise.all([startWorker(), startWorker()])
    await until(async () => (await inbox(account, provider)).length > 0, { what: 'the welcome' })
    await control('POST', '/tokens/expire', { provider, account })
    await control('POST', '/tokens/revoke', { provider, account })

    const tags = Array.from({ length: 8 }, (_, index) => `ring${index}`)
    const missed = await Promise.all(tags.map((tag) => notify(['ann'], `#${tag}`)))
    for (const one of missed) {
      const { explanation, history } = await delivery(one, id, 'parked')
      t.match(explanation, /connect/, 'it says what it waits for')
      t.equal(history.filter(({ event }) => event === 'parked').length, 1)
    }
    const dead = await show()
    t.match(dead, { id, status: 'needsReauth', statusReason: /invalid_grant/, revocation: null })
    t.match(dead.events, [{ event: 'connection.connected' }, { event: 'connection.needs_reauth', reason: /invalid_grant/ }])
    t.equal(dead.events.length, 2, 'however many processes detect it')
    t.match(await refreshes(), { refreshes: 0, refused: 1 }, 'one has asked for all')
    t.match(await api('GET', '/v1/connections?status=needsReauth'), { data: [{ id }] })
    const listed = await api<{ data: object[] }>('GET', '/v1/connections?status=active')
    t.same(listed.data, [])
    const token = await api<{ token: string }>('POST', '/v1/user-tokens', { body: { userId: 'ann' } })
    t.match(await api('GET', '/v1/connectors', token), { data: [{ provider, connection: { id, status: 'needsReauth' } }] })

    t.equal(await connect(), id, 'the connection keeps its id')
    for (const [index, one] of missed.entries()) {
      const { history } = await delivery(one, id, 'sent')
      t.equal(history.filter(({ event }) => event === 'released').length, 1)
      t.equal(await countSent(tags[index] ?? ''), 1, 'it is sent once')
    }
    const { status, events } = await show()
    t.equal(status, 'active')
    t.same(events.map(({ event }) => event), ['connection.connected', 'connection.needs_reauth', 'connection.reconnected'])
    t.match(await refreshes(), { refreshes: 0, refused: 1 })
  })
}

t.test('a worker that freezes beyond its lease while the provider rotates the token loses no delivery', async (t) => {
  const [postgres] = await backends()
  if (postgres === undefined) return
  const env = await postgres.open(t)
  const connected = await openConnected(t, env)
  const { control, notify, delivery, inbox, id, startWorker, database, countSent, refreshes, show } = connected
  const sleeper = await startWorker()
  await until(async () => (await inbox(account, provider)).length > 0, { what: 'the welcome' })
  await control('POST', '/tokens/expire', { provider, account, tokens: 'access' })
  await control('POST', '/faults', { provider, match: 'POST /v0/oauth2/access_token', delayMs: 600_000, times: 1 })
  const first = await notify(['ann'], '#first')
  await until(async () => (await refreshes())?.refreshes === 1)
  process.kill(sleeper.pid, 'SIGSTOP')
  // The response arrives before the frozen process continues, which is after its own timeout.
  await control('DELETE', '/faults')
  const isHeld = async () => (await database.sql`select from grants where lease_until > now()`).length > 0
  t.ok(await isHeld(), 'it was stopped before it had the answer')

  await startWorker()
  const second = await notify(['ann'], '#second')
  await delivery(second, id, 'parked')
  t.notOk(await isHeld(), 'its successor had to wait for that')
  t.match(await show(), { status: 'needsReauth' })

  process.kill(sleeper.pid, 'SIGCONT')
  await delivery(first, id, 'sent')
  await delivery(second, id, 'sent')
  await delivery(await notify(['ann'], '#third'), id, 'sent')
  for (const tag of ['first', 'second', 'third']) t.equal(await countSent(tag), 1, tag)
  const { status, events } = await show()
  t.equal(status, 'active')
  t.same(events.map(({ event }) => event), ['connection.connected', 'connection.needs_reauth', 'connection.recovered'])
  t.match(await refreshes(), { refreshes: 1 })
})
