import { backends, openHandshake, spawnApp, until, waysIn } from '@carillon/testing'
import type { Site } from '@carillon/testing'
import t from 'tap'
import { importUsers, openProcesses } from './open-processes.ts'

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

async function connectBlotre (site: Site, userId: string): Promise<string> {
  const handshake = await openHandshake(site, userId, { provider: 'blotre', kind: 'redirect' })
  await waysIn.find(({ kind }) => kind === 'redirect')?.walk(site, handshake, { account: userId, answer: 'allow' })
  return (await handshake.look()).connectionId ?? ''
}
