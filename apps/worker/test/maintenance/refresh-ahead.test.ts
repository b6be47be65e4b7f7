import { findConnection, listEvents } from '@carillon/shared/connections'
import { backends } from '@carillon/testing'
import t from 'tap'
import type { Test } from 'tap'
import { refreshAhead } from '../../src/maintenance/refresh-ahead.ts'
import { startTestStack } from '../start-test-stack.ts'

/** A stack without a worker, with `count` Blot're connections. */
async function openStill (t: Test, count: number) {
  const [postgres] = await backends()
  if (postgres === undefined) throw new Error('PostgreSQL is always there')
  const stack = await startTestStack(t, await postgres.open(t), { start: false, offer: ['blotre'] })
  const connected = await stack.connectAt('blotre', Array.from({ length: count }, (_, index) => `user-${index}`))
  const { sql } = stack.database
  return {
    ...stack,
    connected,
    run: () => refreshAhead(stack.services),
    expireIn: (minutes: number) => sql`update grants set expires_at = now() + ${minutes}::int * interval '1 minute'`,
    refreshes: async () => {
      const { data } = await stack.control<{ data: Array<{ refreshes: number, refused: number }> }>('GET', '/refreshes?provider=blotre')
      return data.filter(({ refreshes, refused }) => refreshes + refused > 0)
    }
  }
}

t.test('refreshes each connection once before it expires, at its own time', async (t) => {
  const { connected, run, expireIn, refreshes, database, services } = await openStill(t, 40)
  t.equal(services.providers.get('blotre')?.refreshAheadMs, 20 * 60_000, 'of two hours')
  t.equal(await run(), 0, 'nothing is known of when they expire')
  await expireIn(21)
  t.equal(await run(), 0, 'it is too early')
  await expireIn(15)
  const early = await run()
  t.ok(early > 0 && early < connected.length, `half-way, ${early} of ${connected.length} are due`)
  await database.sql`update grants set expires_at = now() + interval '9 minutes' where expires_at < now() + interval '30 minutes'`
  const late = await Promise.all([run(), run(), run()])
  t.ok(late.every((count) => count <= connected.length - early))
  t.equal(await run(), 0, 'all have two more hours')
  const counts = await refreshes()
  t.equal(counts.length, connected.length)
  t.ok(counts.every(({ refreshes, refused }) => refreshes === 1 && refused === 0), 'however many maintainers there are')
  const rows = await database.sql`select distinct version as credentials_version, status, lease_owner, expires_at > now() + interval '1 hour' as ahead from grants`
  t.same(rows.map((row) => ({ ...row })), [{ credentials_version: 2, status: 'active', lease_owner: null, ahead: true }])
})

t.test('marks connections whose token is refused, once', async (t) => {
  const { connected: [connection], run, expireIn, control, refreshes, database } = await openStill(t, 1)
  if (connection === undefined) return t.fail('the connection exists')
  await expireIn(1)
  await control('POST', '/tokens/revoke', { provider: 'blotre', account: connection.account })
  t.equal(await run(), 0)
  t.equal(await run(), 0)
  t.match(await findConnection(database, connection.id), { status: 'needsReauth', statusReason: /invalid_grant/ })
  t.match(await listEvents(database, connection.id), [
    { event: 'connection.connected' }, { event: 'connection.needs_reauth', reason: /invalid_grant/ }
  ])
  t.match(await refreshes(), [{ refreshes: 0, refused: 1 }])
})

t.test('leaves connections active when the token endpoint fails', async (t) => {
  const { connected: [connection], run, expireIn, control, database } = await openStill(t, 1)
  if (connection === undefined) return t.fail('the connection exists')
  await expireIn(1)
  await control('POST', '/faults', { provider: 'blotre', match: 'POST /v0/oauth2/access_token', status: 503, times: 1 })
  t.equal(await run(), 0)
  t.match(await findConnection(database, connection.id), { status: 'active', credentialsVersion: 1 })
  t.equal((await listEvents(database, connection.id)).length, 1)
  t.equal(await run(), 1, 'and asks again in the next round, at once')
  t.match(await findConnection(database, connection.id), { status: 'active', credentialsVersion: 2 })
})

t.test('refreshes other connections when one has credentials that no key opens', async (t) => {
  const { connected, run, expireIn, database } = await openStill(t, 5)
  const [unreadable] = connected
  if (unreadable === undefined) return t.fail('the stack has no connection')
  await database.sql`update grants set credentials = 'sealed with a key that is gone' where id = ${unreadable.id}`
  await expireIn(1)
  t.equal(await run(), connected.length - 1)
  t.match(await findConnection(database, unreadable.id), { status: 'active', credentialsVersion: 1 })
})
