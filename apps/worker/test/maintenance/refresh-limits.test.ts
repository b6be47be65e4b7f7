import { findConnection, listEvents, saveConnections } from '@carillon/shared/connections'
import { backends } from '@carillon/testing'
import t from 'tap'
import type { Test } from 'tap'
import { refreshAhead } from '../../src/maintenance/refresh-ahead.ts'
import { startTestStack } from '../start-test-stack.ts'

/** The lease is long, so a slow machine hands back no delivery. */
async function openStill (t: Test, start = false) {
  const [postgres] = await backends()
  if (postgres === undefined) throw new Error('PostgreSQL is always there')
  const stack = await startTestStack(t, await postgres.open(t), { start, offer: ['blotre'], leaseMs: 600_000 })
  const [connection] = await stack.connectAt('blotre', ['ann'])
  const provider = stack.services.providers.get('blotre')
  if (connection === undefined || provider === undefined) throw new Error('the connection or its provider is missing')
  const { sql } = stack.database
  return {
    ...stack,
    connection,
    provider,
    run: () => refreshAhead(stack.services),
    expireIn: (minutes: number) => sql`update grants set expires_at = now() + ${minutes}::int * interval '1 minute'`,
    exchanges: async () => {
      const { data } = await stack.control<{ data: Array<{ endpoint: string, requests: number }> }>('GET', '/stats')
      return data.filter(({ endpoint }) => endpoint.includes('access_token')).reduce((sum, { requests }) => sum + requests, 0)
    },
    row: async () => {
      const [row] = await sql`select status, lease_owner, refresh_after > now() as waits, refresh_after = 'infinity' as forever from grants`
      return { ...row }
    }
  }
}

for (const [status, headers] of [[429, { 'retry-after': '600' }], [503, { 'retry-after': '600' }]] as const) {
  t.test(`waits as long as the token endpoint asks with ${status}, and spends no attempt on it`, async (t) => {
    const { control, run, expireIn, exchanges, row, notify, delivery, connection, database, startWorker } = await openStill(t)
    await control('POST', '/faults', { provider: 'blotre', match: 'access_token', status, headers, times: 1 })
    await expireIn(1)
    t.equal(await run(), 0)
    t.same(await row(), { status: 'active', lease_owner: null, waits: true, forever: false })
    t.equal(await run(), 0)
    t.equal(await exchanges(), 1, 'no request before that')

    await expireIn(-1)
    const worker = startWorker()
    const { id } = await notify(['ann'])
    const waiting = await delivery(id, connection.id, 'retrying')
    t.match(waiting, { attempts: 0, reason: 'rateLimited' })
    t.match(waiting.history.at(-1), { event: 'wait', reason: 'rateLimited', refresh: 'rateLimited', until: String })
    t.ok((waiting.dueAt?.getTime() ?? 0) > Date.now() + 300_000, 'until the time that was named')
    t.ok(((await findConnection(database, connection.id))?.limitedUntil?.getTime() ?? 0) > Date.now() + 300_000, 'the connection waits with it')
    t.equal(await exchanges(), 1)

    await database.sql`update grants set refresh_after = now()`
    await database.sql`update connections set limited_until = null`
    await database.sql`update deliveries set due_at = now(), job_id = null`
    t.match(await delivery(id, connection.id, 'sent'), { attempts: 1 })
    t.same(await row(), { status: 'active', lease_owner: null, waits: null, forever: null })
    await worker.close()
  })
}

t.test('tells the operator that the token endpoint refuses the deployment, and blames no connection', async (t) => {
  const [postgres] = await backends()
  if (postgres === undefined) throw new Error('PostgreSQL is always there')
  const { connectAt, control, database, lines, services } = await startTestStack(t, await postgres.open(t), { start: false, offer: ['noticeboard'] })
  await connectAt('noticeboard', Array.from({ length: 40 }, (_, index) => `user-${index}`))
  await database.sql`update grants set expires_at = now() + interval '1 second'`
  await control('POST', '/faults', { provider: 'noticeboard', match: '/token', status: 401, body: { error: 'invalid_client' } })
  t.equal(await refreshAhead(services), 0)
  const refusals = lines.filter((line) => line.includes('refuses this deployment'))
  t.equal(refusals.length, 1)
  t.match(JSON.parse(refusals[0] ?? '{}'), { level: 50, provider: 'noticeboard', reason: /\(invalid_client\)/ })
  const { data } = await control<{ data: Array<{ endpoint: string, requests: number }> }>('GET', '/stats')
  const requests = data.find(({ endpoint }) => endpoint === 'POST /noticeboard/token')?.requests ?? 0
  t.ok(requests > 0 && requests <= 16, `${requests} requests, not one for each connection`)
  t.match(await database.sql`select distinct status, version from grants`, [{ status: 'active', version: 1 }])

  await control('DELETE', '/faults')
  t.equal(await refreshAhead(services), 40)
})

t.test('uses credentials without a refresh token until the provider refuses them', async (t) => {
  const still = await openStill(t)
  const { control, run, expireIn, exchanges, row, notify, delivery, connection, provider, database, services } = still
  const [{ userId } = { userId: '' }] = await database.sql<Array<{ userId: string }>>`select user_id as "userId" from connections`
  type Accounts = { data: Array<{ account: string, accessToken: string }> }
  const { data: [granted] } = await control<Accounts>('POST', '/accounts', { provider: 'blotre', count: 1 })
  const account = granted?.account ?? ''
  const info = await fetch(`${provider.origins[0]}/blotre/v0/oauth2/token_info?token=${granted?.accessToken}`)
  const { user: { rootStream } } = await info.json() as { user: { rootStream: string } }
  const credentials = provider.parseCredentials({ accessToken: granted?.accessToken, rootStream })
  const grant = { credentials, account: { id: account, name: account } }
  await saveConnections(database, services.vault, [{ userId, provider: 'blotre', grant }])

  await expireIn(1)
  t.equal(await run(), 0)
  t.same(await row(), { status: 'active', lease_owner: null, waits: true, forever: true }, 'it is not given up early, and not looked at again')
  await expireIn(-1)
  const worker = still.startWorker()
  await delivery((await notify(['ann'])).id, connection.id, 'sent')
  t.match(await row(), { status: 'active' }, 'past the time that was named, as long as it works')

  await control('POST', '/tokens/expire', { provider: 'blotre', account })
  await delivery((await notify(['ann'])).id, connection.id, 'parked')
  t.match(await findConnection(database, connection.id), { status: 'needsReauth', statusReason: 'access token is expired' })
  t.same((await listEvents(database, connection.id)).at(-1)?.event, 'connection.needs_reauth')
  t.equal(await exchanges(), 0)
  await worker.close()
})
