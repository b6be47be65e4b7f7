import { backends, openHandshake, spawnApp, until, waysIn } from '@carillon/testing'
import type { Site } from '@carillon/testing'
import t from 'tap'
import { ended, importUsers, openProcesses } from './open-processes.ts'

// Each test has its own database and processes and mostly waits, so they run at the same time.
t.jobs = 2

/** The maximum time of a shutdown in docs/operations.md. */
const stopMs = 15_000
const hanging = [
  { provider: 'pushbullet', match: 'POST /v2/pushes' },
  { provider: 'blotre', match: 'POST /v0/oauth2/access_token' },
  { provider: 'blotre', match: 'POST /v0/oauth2/revoke' }
]

for (const { kind, skip, open } of await backends()) {
  t.test(`with jobs in ${kind}, a worker exits with 0 while a provider responds to no send, refresh or revocation`, { skip }, async (t) => {
    const { site, env, database } = await openProcesses(t, await open(t), { RECONCILE_SECONDS: '1' })
    const users = await importUsers(site, 20)
    const [refreshed = '', revoked = ''] = [await connectBlotre(site, 'ann'), await connectBlotre(site, 'bob')]
    for (const fault of hanging) await site.control('POST', '/faults', { ...fault, delayMs: 600_000 })
    await database.sql`update grants set expires_at = now() + interval '1 minute' where id = ${refreshed.slice('con_'.length)}`
    await site.api('DELETE', `/v1/connections/${revoked}`)
    await site.notify(users, 'Hanging')

    const worker = spawnApp(t, 'worker', { env })
    await worker.ready
    await until(async () => {
      const { data } = await site.control<{ data: Array<{ struck: number }> }>('GET', '/faults')
      return data.every(({ struck }) => struck > 0)
    })
    const stoppedAt = performance.now()
    t.same(await worker.stop(), { code: 0, signal: undefined }, 'it ends with 1 when something keeps it')
    t.ok(performance.now() - stoppedAt < stopMs)
    t.same(await database.sql`select from claims`, [], 'it holds no deliveries')
    t.same(await database.sql`select from grants where lease_until > now()`, [], 'it holds no refresh')
  })
}

/** DELIVER_MAX_IN_FLIGHT. */
const maxInFlight = 2_000
const fastest = (await backends()).findLast(({ skip }) => skip === false)

t.test('a worker with 2,000 requests in flight ends in time, stores all their results, and leaves the rest', async (t) => {
  if (fastest === undefined) throw new Error('there is no store of jobs')
  const { site, env, database } = await openProcesses(t, await fastest.open(t))
  const audience = 9_000
  for (let count = 0; count < audience; count += 1_000) await importUsers(site, 1_000)
  await site.control('POST', '/faults', { provider: 'pushbullet', match: 'POST /v2/pushes', delayMs: 4_000 })
  const struck = async () => (await site.control<{ data: Array<{ struck: number }> }>('GET', '/faults')).data[0]?.struck ?? 0
  const states = async () => Object.fromEntries((await database.sql<Array<{ state: string, number: number }>>`
    select state, count(*)::int as number from deliveries group by state`).map(({ state, number }) => [state, number]))
  const { id } = await site.api<{ id: string }>('POST', '/v1/notifications', {
    body: { audience: { everyone: true }, message: { type: 'note', title: 'To everybody' } }
  })

  const worker = spawnApp(t, 'worker', { env })
  await worker.ready
  await until(async () => await struck() - ((await states())['sent'] ?? 0) >= maxInFlight, { what: '2,000 requests in flight' })
  const stoppedAt = performance.now()
  t.same(await worker.stop(), { code: 0, signal: undefined })
  t.ok(performance.now() - stoppedAt < stopMs)
  const { sent, sending } = await states()
  t.equal(sent, await struck(), 'every request has its result')
  t.equal(sending, undefined)
  t.same(await database.sql`select from claims`, [], 'it holds no deliveries')

  await site.control('DELETE', '/faults')
  spawnApp(t, 'worker', { env })
  t.match(await ended(site, id), { sent: audience })
  const { data } = await site.control<{ data: Array<{ endpoint: string, requests: number }> }>('GET', '/stats')
  t.equal(data.find(({ endpoint }) => endpoint.includes('/pushes'))?.requests, audience, 'each person receives it once')
})

async function connectBlotre (site: Site, userId: string): Promise<string> {
  const handshake = await openHandshake(site, userId, { provider: 'blotre', kind: 'redirect' })
  await waysIn.find(({ kind }) => kind === 'redirect')?.walk(site, handshake, { account: userId, answer: 'allow' })
  return (await handshake.look()).connectionId ?? ''
}
