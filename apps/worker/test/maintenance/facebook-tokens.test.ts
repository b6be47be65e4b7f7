import { disconnect, findConnection, findSealed, listEvents } from '@carillon/shared/connections'
import { findRevocation } from '@carillon/shared/grants'
import { findPull } from '@carillon/shared/pulls'
import t from 'tap'
import { openTeams } from '../pulls/open-teams.ts'

t.test('fifty-five days later every token has been exchanged once, and none is lost', async (t) => {
  const { connectTeams, database, lines, pass, refresh, refreshes, run } = await openTeams(t)
  const connected = await connectTeams(100)
  await pass(45)
  t.equal(await refresh(), 0, 'it is too early')
  await pass(10)
  const counts = await Promise.all([refresh(), refresh(), refresh()])
  t.ok(counts.some((count) => count > 0))
  t.equal(await refresh(), 0)
  const seen = await refreshes()
  t.equal(seen.length, 100)
  for (const { account, refreshes, refused } of seen) t.same([refreshes, refused], [1, 0], `${account}, however many maintainers there are`)
  const rows = await database.sql`
    select distinct status, version, expires_at between now() + interval '59 days' and now() + interval '60 days' as ahead
    from grants`
  t.same(rows.map((row) => ({ ...row })), [{ status: 'active', version: 2, ahead: true }])

  await pass(10)
  t.equal(await refresh(), 0, 'the new ones go on where the old ones would have ended')
  await run()
  const [read] = await database.sql`select count(*) filter (where succeeded_at is not null)::int as well, count(*)::int as all from pulls`
  t.same({ ...read }, { well: 100, all: 100 })
  for (const { accessToken } of connected) t.notOk(lines.some((line) => line.includes(accessToken)))
})

t.test('sixty-one days later, after Facebook has refused, the owner must reconnect', async (t) => {
  const { connectTeams, control, database, graphCalls, pass, refresh } = await openTeams(t)
  const [one] = await connectTeams(1)
  if (one === undefined) return t.fail('the connection exists')
  const fail = (fault: string) => control('POST', '/faults', { provider: 'facebook', match: 'oauth/access_token', fault, times: 1 })
  await pass(55)
  for (const fault of ['2', '200-service-unavailable', '200-with-error', '101']) {
    await fail(fault)
    t.equal(await refresh(), 0)
    t.match(await findConnection(database, one.id), { status: 'active', credentialsVersion: 1 }, `${fault} says nothing of the token`)
  }
  await pass(6)
  t.equal(await refresh(), 0)
  t.match(await findConnection(database, one.id), { status: 'needsReauth', statusReason: 'access token is expired (#190/463)' })
  t.match(await listEvents(database, one.id), [
    { event: 'connection.connected' }, { event: 'connection.needs_reauth', reason: 'access token is expired (#190/463)' }
  ])
  t.equal(await refresh(), 0)
  t.equal((await graphCalls('oauth/access_token')).asked, 5, 'and no second request follows')
})

t.test('requires a reconnect when access to the data has expired after ninety days and the token has not', async (t) => {
  const { connectTeams, database, pass, refresh, run } = await openTeams(t)
  const [one] = await connectTeams(1)
  if (one === undefined) return t.fail('the connection exists')
  await pass(55)
  t.equal(await refresh(), 1)
  t.equal(await run(), 1)
  t.match(await findPull(database, one.id), { succeededAt: Date, failure: null })
  await pass(36)
  t.equal(await run(), 1)
  const reason = 'access to data has ended, 90 days after it was last allowed (#190/493)'
  t.match(await findConnection(database, one.id), { status: 'needsReauth', statusReason: reason })
  t.match(await findPull(database, one.id), { failure: reason })
  await pass(1)
  t.equal(await run(), 0)
})

t.test('revokes the permissions of an account when its last connection is closed', async (t) => {
  const { database, grant, graphCalls, keep, revoke, services } = await openTeams(t)
  const [granted] = await grant(1)
  if (granted === undefined) return t.fail('the connection exists')
  const [id, other] = [await keep('ann', granted), await keep('ben', granted)]
  await disconnect(database, id, { revokeWith: services.vault })
  await revoke()
  t.match(await findRevocation(database, id), { state: 'done', reason: 'the account is still connected' })
  t.equal((await graphCalls('DELETE /facebook/graph')).asked, 0, 'it would end the other one\'s token as well')

  await disconnect(database, other, { revokeWith: services.vault })
  await revoke()
  t.match(await findRevocation(database, other), { state: 'done', reason: null })
  t.same(await graphCalls('DELETE /facebook/graph'), { asked: 1, refused: 0 })
  const call = { http: services.http, registrations: services.registrations, now: Date.now, signal: AbortSignal.timeout(60_000) }
  const asking = async () => { await services.providers.get('facebook')?.identify({ accessToken: granted.accessToken }, call) }
  await t.rejects(asking, { name: 'ProviderError', message: /the user has removed the app \(#190\/458\)/ })
})

t.test('revokes the replaced account, and not one that reconnects', async (t) => {
  const { database, grant, graphCalls, keep, revoke } = await openTeams(t)
  const [first, second] = await grant(2)
  if (first === undefined || second === undefined) return t.fail('the connection exists')
  const id = await keep('ann', first)
  const save = async (granted: typeof first) => {
    const saved = await keep('ann', granted)
    await revoke()
    return saved
  }
  t.same([await save(first), (await graphCalls('DELETE /facebook/graph')).asked], [id, 0])
  t.match(await findSealed(database, id), { status: 'active', account: { id: first.userId } })
  t.same([await save(second), (await graphCalls('DELETE /facebook/graph')).asked], [id, 1])
  t.match(await findRevocation(database, id), { state: 'done', reason: null })
  t.match(await findSealed(database, id), { status: 'active', account: { id: second.userId } })
})
