import { disconnect } from '@carillon/shared/connections'
import { findRevocation, revocationContext } from '@carillon/shared/grants'
import { claimHandshake, confirmHandshake, createHandshake, findHandshake, holdGrant } from '@carillon/shared/handshakes'
import { runWithRequestId } from '@carillon/shared/log'
import { ensureUser } from '@carillon/shared/users'
import { backends } from '@carillon/testing'
import t from 'tap'
import type { Test } from 'tap'
import { revoke } from '../../src/maintenance/revoke.ts'
import { startTestStack } from '../start-test-stack.ts'

/** A user who has just disconnected Blot're. The test calls `revoke` itself. */
async function openLeft (t: Test) {
  const [postgres] = await backends()
  if (postgres === undefined) throw new Error('PostgreSQL is always there')
  const { connectAt, services, control, database, lines } = await startTestStack(t, await postgres.open(t), { start: false, offer: ['blotre'] })
  const [{ id } = { id: '' }] = await connectAt('blotre', ['ann'])
  await runWithRequestId('request-1', () => disconnect(database, id, { revokeWith: services.vault }))
  const revokes = async () => {
    const { data } = await control<{ data: Array<{ endpoint: string, requests: number }> }>('GET', '/stats')
    return data.find(({ endpoint }) => endpoint === 'POST /blotre/v0/oauth2/revoke')?.requests ?? 0
  }
  const row = async () => {
    const [found] = await database.sql`
      select credentials is null as erased, due_at > now() as waits, due_at < now() + interval '2 seconds' as soon from revocations`
    return { ...found }
  }
  return {
    fault: (status: number, times: number) => control('POST', '/faults', {
      provider: 'blotre', match: 'POST /v0/oauth2/revoke', status, body: { type: 'Error', error: 'Not now.', details: null }, times
    }),
    run: () => revoke(services),
    result: () => findRevocation(database, id),
    revokes,
    row,
    lines,
    makeDue: () => database.sql`update revocations set due_at = now() where state = 'pending'`
  }
}

t.test('revokes credentials at the provider once, and erases them', async (t) => {
  const { run, result, revokes, row } = await openLeft(t)
  t.match(await result(), { state: 'pending', attempts: 0, reason: null })
  await Promise.all([run(), run()])
  await run()
  t.match(await result(), { state: 'done', attempts: 1, reason: null })
  t.equal(await revokes(), 1)
  t.match(await row(), { erased: true })
})

t.test('retries with growing delays while the provider fails', async (t) => {
  const { fault, run, result, revokes, row, makeDue, lines } = await openLeft(t)
  await fault(503, 2)
  await run()
  t.match(JSON.parse(lines.at(-1) ?? ''), { msg: 'could not revoke', requestId: 'request-1' }, 'the line names the request that disconnected')
  t.match(await result(), { state: 'pending', attempts: 1, reason: 'not available now' })
  t.match(await row(), { erased: false, soon: true })
  await makeDue()
  await run()
  t.match(await result(), { state: 'pending', attempts: 2 })
  await makeDue()
  await run()
  t.match(await result(), { state: 'done', attempts: 3, reason: null })
  t.equal(await revokes(), 3)
})

t.test('fails after twelve attempts, with the reason', async (t) => {
  const { fault, run, result, row, makeDue } = await openLeft(t)
  await fault(503, 12)
  for (let attempt = 1; attempt <= 12; attempt++) {
    await makeDue()
    await run()
  }
  t.match(await result(), { state: 'failed', attempts: 12, reason: 'not available now' })
  t.match(await row(), { erased: true })
})

t.test('does not give up while the provider refuses the deployment', async (t) => {
  const [postgres] = await backends()
  if (postgres === undefined) throw new Error('PostgreSQL is always there')
  const { connectAt, control, database, services } = await startTestStack(t, await postgres.open(t), { start: false, offer: ['noticeboard'] })
  const [{ id } = { id: '' }] = await connectAt('noticeboard', ['ann'])
  await disconnect(database, id, { revokeWith: services.vault })
  const run = async () => {
    await database.sql`update revocations set due_at = now() where state = 'pending'`
    await revoke(services)
    return await findRevocation(database, id)
  }
  await control('POST', '/faults', { provider: 'noticeboard', match: '/revoke', status: 401, body: { error: 'invalid_client' } })
  for (let attempt = 1; attempt < 14; attempt++) await run()
  t.match(await run(), { state: 'pending', attempts: 14, reason: /\(invalid_client\)/ })
  await control('DELETE', '/faults')
  t.match(await run(), { state: 'done' })
})

t.test('does not retry after a refusal', async (t) => {
  const { fault, run, result, revokes, row, makeDue } = await openLeft(t)
  await fault(403, 1)
  await run()
  await makeDue()
  await run()
  t.match(await result(), { state: 'failed', attempts: 1, reason: 'request refused' })
  t.match(await row(), { erased: true })
  t.equal(await revokes(), 1)
})

t.test('revokes what a handshake obtained and no user confirmed', async (t) => {
  const [postgres] = await backends()
  if (postgres === undefined) throw new Error('PostgreSQL is always there')
  const { services, control, database } = await startTestStack(t, await postgres.open(t), { start: false, offer: ['blotre'] })
  interface Made { account: string, accessToken: string, refreshToken: string, userId: string }
  const { data: [made] } = await control<{ data: Made[] }>('POST', '/accounts', { provider: 'blotre', count: 1 })
  if (made === undefined) throw new Error('no account was made')
  const { id: userId } = await ensureUser(database, { externalId: 'hesitant' })
  const startedAt = Date.now() - 3_600_000
  const id = await createHandshake(database, { userId, provider: 'blotre', returnTo: undefined }, startedAt)
  await confirmHandshake(database, { id, browser: 'own' }, startedAt)
  const handshake = await findHandshake(database, id, startedAt)
  if (handshake === undefined) throw new Error('there is no handshake')
  await claimHandshake(database, handshake, startedAt)
  const { accessToken, refreshToken, account: name, userId: accountId } = made
  const grant = { credentials: { accessToken, refreshToken }, account: { id: accountId, name } }
  await holdGrant(database, services.vault, id, grant, startedAt)
  await revoke(services)
  await revoke(services)
  t.match(await database.sql`select connection_id, state, credentials from revocations`, [{ connection_id: null, state: 'done', credentials: null }])
  t.match(await database.sql`select pending, obtained_at from handshakes`, [{ pending: null, obtained_at: null }])
  const { data } = await control<{ data: Array<{ endpoint: string, answers: Record<string, number> }> }>('GET', '/stats')
  t.match(data.find(({ endpoint }) => endpoint === 'POST /blotre/v0/oauth2/revoke'), { answers: { 200: 1 } })
})

t.test('revokes at the second attempt what the first one had to refresh', async (t) => {
  const [postgres] = await backends()
  if (postgres === undefined) throw new Error('PostgreSQL is always there')
  const { connectAt, control, database, services } = await startTestStack(t, await postgres.open(t), { start: false, offer: ['slack'] })
  const [{ id } = { id: '' }] = await connectAt('slack', ['ann'])
  await disconnect(database, id, { revokeWith: services.vault })
  const revokes = { provider: 'slack', match: 'auth.revoke' }
  await control('POST', '/faults', { ...revokes, status: 200, body: { ok: false, error: 'token_expired' }, times: 1 })
  await control('POST', '/faults', { ...revokes, status: 503, times: 1 })
  const slack = services.providers.get('slack')
  const { http, now, registrations, vault } = services
  const stored = async () => {
    const [row] = await database.sql`select id, credentials from revocations`
    return slack?.parseCredentials(JSON.parse(vault.open(row?.['credentials'], revocationContext(row?.['id']))))
  }
  const old = await stored()
  await revoke(services)
  t.match(await findRevocation(database, id), { state: 'pending', attempts: 1 })
  const fresh = await stored()
  if (slack === undefined || fresh === undefined) throw new Error('Slack is offered')
  t.notSame(fresh, old, 'the old tokens no longer work')
  const identify = () => slack.identify(fresh, { http, now, registrations, signal: AbortSignal.timeout(60_000) })
  t.ok(await identify())
  await database.sql`update revocations set due_at = now() where state = 'pending'`
  await revoke(services)
  t.match(await findRevocation(database, id), { state: 'done', attempts: 2 })
  await t.rejects(identify(), { name: 'ProviderError', message: /invalid_auth|account_inactive|token_revoked/ })
})
