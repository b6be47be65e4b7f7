import { disconnect, findConnection, findRevocation, findSealed, listEvents, saveConnections } from '@carillon/shared/connections'
import { ensureUser } from '@carillon/shared/db'
import t from 'tap'
import type { Test } from 'tap'
import { refreshAhead } from '../../src/maintain/refresh-ahead.ts'
import { revoke } from '../../src/maintain/revoke.ts'
import { openPulls } from '../pull/open-pulls.ts'

t.setTimeout(300_000)

const dayMs = 24 * 3_600_000

/** `count` connections with a token of sixty days that was made just now. */
async function openTokens (t: Test, count: number) {
  const opened = await openPulls(t)
  const { connect, database, graph, services } = opened
  const connected = []
  for (let index = 0; index < count; index++) connected.push(await connect(`user-${index}`))
  await database.sql`update connections set expires_at = now() + interval '5183944 seconds'`
  return {
    ...opened,
    connected,
    refresh: () => refreshAhead(services),
    /** For Facebook and for us. */
    pass: async (days: number) => {
      graph.advance(days * dayMs)
      await database.sql`update connections set expires_at = expires_at - ${days}::int * interval '1 day'`
    }
  }
}

t.test('fifty-five days later every token has been exchanged once, and none is lost', async (t) => {
  const { connected, database, graph, pass, refresh } = await openTokens(t, 100)
  await pass(45)
  t.equal(await refresh(), 0, 'it is too early')
  await pass(10)
  const counts = await Promise.all([refresh(), refresh(), refresh()])
  t.ok(counts.some((count) => count > 0))
  t.equal(await refresh(), 0)
  t.equal(await graph.calls('POST /oauth/access_token'), 100, 'however many maintainers there are')
  const rows = await database.sql`
    select distinct status, credentials_version as version, expires_at between now() + interval '59 days' and now() + interval '60 days' as ahead
    from connections`
  t.same(rows.map((row) => ({ ...row })), [{ status: 'active', version: 2, ahead: true }])
  for (const { account, token } of connected) t.match(graph.tokensOf(account), [token, /^EAA/])
  await pass(10)
  t.equal(await refresh(), 0, 'the new ones go on where the old ones would have ended')
  t.match(await database.sql`select distinct status from connections`, [{ status: 'active' }])
})

t.test('sixty-one days later, when Facebook has refused, the owner is told to connect again', async (t) => {
  const { connected: [one], database, graph, pass, refresh } = await openTokens(t, 1)
  if (one === undefined) return t.fail('nobody is connected')
  await pass(55)
  await graph.fault(t, { match: 'oauth/access_token', status: 400, body: { error: { code: 2, is_transient: true } }, times: 2 })
  t.same([await refresh(), await refresh()], [0, 0])
  t.match(await findConnection(database, one.id), { status: 'active', credentialsVersion: 1 }, 'an outage says nothing of the token')
  await graph.fault(t, { match: 'oauth/access_token', status: 400, body: { error: { code: 101 } }, times: 1 })
  t.equal(await refresh(), 0)
  t.match(await findConnection(database, one.id), { status: 'active' }, 'and neither does a mistake in our configuration')
  await pass(6)
  t.equal(await refresh(), 0)
  t.match(await findConnection(database, one.id), { status: 'needsReauth', statusReason: 'access token is expired (#190/463)' })
  t.match(await listEvents(database, one.id), [
    { event: 'connection.connected' }, { event: 'connection.needs_reauth', reason: 'access token is expired (#190/463)' }
  ])
  t.equal(await refresh(), 0)
  t.equal(await graph.calls('POST /oauth/access_token'), 4, 'and nobody asks again')
})

t.test('ends what an account has granted when nothing of it is connected any more', async (t) => {
  const { connect, database, graph, services } = await openTokens(t, 0)
  const { id, account, token } = await connect('ann')
  const { id: userId } = await ensureUser(database, { externalId: 'ben' })
  const credentials = { accessToken: graph.shortToken(account) }
  const [other] = await saveConnections(database, services.vault, [
    { userId, provider: 'facebook', grant: { credentials, account: { id: account, name: account } } }
  ])
  await disconnect(database, id, { revokeWith: services.vault })
  await revoke(services)
  t.match(await findRevocation(database, id), { state: 'done', reason: 'the account is still connected' })
  t.equal(await graph.calls('DELETE /me/permissions'), 0, 'it would end the other one\'s token as well')

  await disconnect(database, other?.id ?? '', { revokeWith: services.vault })
  await revoke(services)
  t.match(await findRevocation(database, other?.id ?? ''), { state: 'done', reason: null })
  t.equal(await graph.calls('DELETE /me/permissions'), 1)
  const provider = services.providers.get('facebook')
  for (const accessToken of [token, credentials.accessToken]) {
    const call = { http: services.http, registrations: services.registrations, now: Date.now, signal: AbortSignal.timeout(5_000) }
    await t.rejects(async () => { await provider?.identify({ accessToken }, call) }, { name: 'ProviderError', message: /#190/ })
  }
})

t.test('ends the old account when another takes its place, and not one that comes back', async (t) => {
  const { database, graph, services } = await openTokens(t, 0)
  const { id: userId } = await ensureUser(database, { externalId: 'ann' })
  const save = async (account: string) => {
    const grant = { credentials: { accessToken: graph.shortToken(account) }, account: { id: account, name: account } }
    const [saved] = await saveConnections(database, services.vault, [{ userId, provider: 'facebook', grant }], () => true)
    await revoke(services)
    return saved?.id ?? ''
  }
  const id = await save('1')
  t.same([await save('1'), await graph.calls('DELETE /me/permissions')], [id, 0])
  t.match(await findSealed(database, id), { status: 'active', account: { id: '1' } })
  t.same([await save('2'), await graph.calls('DELETE /me/permissions')], [id, 1])
  t.match(await findRevocation(database, id), { state: 'done', reason: null })
})
