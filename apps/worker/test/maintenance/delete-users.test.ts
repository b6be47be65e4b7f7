import { fanOutEvents, recordAttempt } from '@carillon/shared/endpoints'
import { saveConnections } from '@carillon/shared/connections'
import { newId } from '@carillon/shared/db'
import { claim, claimSegment, recordSeen, sentOutcome, settle } from '@carillon/shared/deliveries'
import {
  claimHandshake, confirmHandshake, createHandshake, findHandshake, holdGrant, TokensRevokedError
} from '@carillon/shared/handshakes'
import { createIdempotencyStore } from '@carillon/shared/idempotency'
import { findNotification } from '@carillon/shared/notifications'
import { putTeam } from '@carillon/shared/teams'
import { deleteUser, findDeletion } from '@carillon/shared/user-data'
import { DeletedUserError, ensureUser } from '@carillon/shared/users'
import { backends, until } from '@carillon/testing'
import t from 'tap'
import { deleteUsers } from '../../src/maintenance/delete-users.ts'
import { revoke } from '../../src/maintenance/revoke.ts'
import { plan } from '../../src/planning/plan.ts'
import { startTestStack } from '../start-test-stack.ts'
import { findTraces, listTables } from './find-traces.ts'

const [postgres] = await backends()
if (postgres === undefined) throw new Error('PostgreSQL is always there')
const { connectAt, control, services, database, notify } = await startTestStack(t, await postgres.open(t), { start: false, offer: ['blotre', 'pushbullet'] })
const { sql } = database
const { vault, providers } = services
const canRevoke = (provider: string): boolean => providers.get(provider)?.revoke !== undefined
const remove = (userId: string) => deleteUser({ database, vault, canRevoke, actor: { kind: 'system' } }, userId, Date.now())
/** Runs as if a minute had passed, in which everything ends that had read the user before. */
const run = async (): Promise<void> => {
  await sql`
    update user_deletions set created_at = now() - interval '2 minutes' where completed_at is null and created_at > now() - interval '1 minute'`
  await deleteUsers(services)
}
const read = (userId: string) => findDeletion({ database, vault }, userId)
/** Runs until the deletion is completed: a transaction of another database may be older, and is waited for. */
const complete = (userId: string) => until(async () => {
  await run()
  const deletion = await read(userId)
  return deletion?.completedAt == null ? undefined : deletion
})
/** What a worker does with the events of the site. */
async function sendEvents (): Promise<void> {
  await fanOutEvents(database, Date.now())
  await sql`update endpoint_deliveries set state = 'succeeded', next_attempt_at = null`
}

/**
 * Tables that contain nothing about one user, but Carillon's own ids. A table that is added has to be filled by the test, so that
 * it is searched, or added here with its reason.
 */
const neutralTables = {
  api_keys: 'belongs to operators',
  claims: 'ids of deliveries that are being sent',
  encryption_keys: 'names of keys',
  endpoint_deliveries: 'ids of events and endpoints',
  endpoints: 'belongs to the site',
  event_readers: 'a position',
  event_requests: 'types of events',
  host_paces: 'the limits of servers',
  inbound_polls: 'a position at a provider',
  notices: 'sealed until handled, then without the person',
  outgoing_budgets: 'ids of users, until the budget is full',
  progress: 'counts',
  provider_hosts: 'the state of servers',
  registrations: 'the clients of servers',
  segments: 'ranges of ids',
  team_members: 'ids of users',
  teams: 'names of the site',
  user_deletions: 'written by the deletion itself',
  workers: 'processes'
}

t.test('leaves no trace of a deleted user in any table', async (t) => {
  const userId = 'zoe-4711'
  const words = [userId, 'Zoe Quill', 'zoe@quill.example', 'zoes-workspace', 'zoes ads', 'zoesSecret', 'zoes phone', '203.0.113.7']
  const { id } = await ensureUser(database, { externalId: userId, displayName: 'Zoe Quill' })
  await putTeam(database, { externalId: 'crew', name: 'The crew', ownerId: userId, memberIds: ['bob'] })
  const [own, shared, ofTeam] = await saveConnections(database, vault, [
    { userId: id, provider: 'blotre', grant: { credentials: { accessToken: 'zoesSecret' }, account: { id: 'zoe@quill.example', name: 'Zoe Quill', host: 'quill.example' } } },
    {
      userId: id,
      provider: 'pushbullet',
      grant: {
        credentials: { accessToken: 'zoesSecret' },
        account: { id: 'zoe@quill.example', name: 'Zoe Quill', grantedBy: 'zoe@quill.example' },
        shared: { key: 'zoes-workspace', target: { channel: 'zoes phone' } }
      }
    }
  ]).then(async (saved) => {
    const { id: teamId } = (await sql<[{ id: string }]>`select id from teams where external_id = 'crew'`)[0]
    return [...saved, ...await saveConnections(database, vault, [{
      teamId, connectedBy: id, provider: 'facebook', grant: { credentials: { accessToken: 'zoesSecret' }, account: { id: 'zoe@quill.example', name: 'Zoe Quill' } }
    }])]
  })
  if (own === undefined || shared === undefined || ofTeam === undefined) return t.fail('three connections are stored')
  await sql`update connections set label = 'zoes phone' where id = ${own.id}`
  await sql`insert into connection_events (id, connection_id, event, reason) values (${newId()}, ${own.id}, 'connection.muted', 'zoe@quill.example')`
  for (const connection of [own, ofTeam]) {
    await sql`insert into pulls (connection_id, provider, due_at, failure, failed_at) values (${connection.id}, 'blotre', now(), 'zoe@quill.example', now())`
    await sql`insert into ad_accounts (connection_id, account_id, name, currency, timezone, listed_at) values (${connection.id}, 'act_zoe@quill.example', 'zoes ads', 'EUR', 'UTC', now())`
    await sql`insert into insights (connection_id, account_id, day, impressions, clicks, spend, fetched_at) values (${connection.id}, 'act_zoe@quill.example', '2026-11-29', 1, 1, 1, now())`
  }
  await sql`
    insert into revocations (id, connection_id, provider, account_id, state) values (${newId()}, ${own.id}, 'blotre', 'zoe@quill.example', 'done')`
  await createHandshake(database, { userId: id, provider: 'blotre', account: 'zoe@quill.example', returnTo: 'https://site.example/zoe-4711' }, Date.now())
  await sql`
    insert into audit_entries (action, actor_kind, actor_id, target_kind, target_id, user_id, ip_address)
    values ('connection.connected', 'user', ${id}, 'connection', 'con_1', ${id}, '203.0.113.7')`
  const store = createIdempotencyStore(services)
  const claimed = await store.claim({ callerId: id, key: 'k', fingerprint: 'f' })
  if (claimed.kind === 'claimed') await store.complete(claimed.claim, { status: 200, headers: {}, body: '{"userId":"zoe-4711"}' })
  await sql`insert into outgoing_budgets (key, full_at) values (${`user:${id}`}, now())`

  // What was sent: one alone, one with another user, one that did not reach anyone, and a broadcast.
  await sql`insert into event_requests (source, type) values ('configuration', 'delivery.sent')`
  const alone = await notify([userId], { message: { type: 'note', body: 'Dear Zoe Quill' }, data: { email: 'zoe@quill.example' } })
  const both = await notify([userId, 'bob'], { message: { type: 'note', body: 'Dear both' } })
  await notify([userId, 'bob'], { providers: ['none'] })
  await sql`
    update deliveries set state = 'sent', attempts = 1, due_at = null, job_id = null, receipt = '{"id": "zoe@quill.example"}',
      history = '[{"event": "attempt", "reason": "zoe@quill.example"}]'
    where connection_id = ${own.id}`
  await sql`update deliveries set state = 'failed', attempts = 1, due_at = null, reason = 'no mailbox zoe@quill.example' where connection_id = ${shared.id} and notification_id = ${alone.id}`
  const before = (await findNotification(database, alone.id))?.counts
  await sql`insert into endpoints (id, url, events, secrets) values (${newId()}, 'https://site.example', '{*}', 'none')`
  const [{ endpointId, eventId }] = await sql<[{ endpointId: string, eventId: string }]>`
    select endpoints.id as "endpointId", events.id as "eventId" from endpoints, events where user_id = ${id} limit 1`
  const attempt = { endpointId, eventId, eventType: 'connection.connected', at: new Date() }
  await recordAttempt(database, attempt, { durationMs: 1, status: 500, error: 'no user zoe-4711' })

  const traces = await findTraces(services, words)
  const tables = await listTables(sql)
  t.same(tables.filter((table) => !traces.has(table)), Object.keys(neutralTables), 'each other table contains something about the user')

  t.equal(await remove(userId), true)
  t.equal(await remove(userId), false, 'the user does not exist any more')
  t.match(await read(userId), {
    completedAt: null,
    connections: [
      { connectionId: own.id, provider: 'blotre', teamId: null, revocation: 'pending' },
      { connectionId: shared.id, provider: 'pushbullet', revocation: 'notSupported' },
      { connectionId: ofTeam.id, provider: 'facebook', teamId: 'crew' }
    ],
    teams: { left: ['crew'], ownerless: ['crew'] }
  })
  t.same(await sql`select state, reason from deliveries where connection_id = ${shared.id} and notification_id = ${both.id}`, [{ state: 'skipped', reason: 'userDeleted' }])
  t.match(await sql`select type, data from events where connection_id = ${own.id} order by id desc limit 1`, [{ type: 'connection.disconnected', data: { userId } }], 'sites learn whose connection it was')
  t.match(await sql`select type from events where connection_id = ${ofTeam.id} order by id desc limit 1`, [{ type: 'connection.revoked' }])

  await run()
  t.match(await read(userId), { completedAt: null }, 'the revocation is pending, and the events wait for the endpoint')
  await sql`update revocations set due_at = now() where state = 'pending'`
  await revoke(services)
  await sendEvents()
  const deletion = await complete(userId)
  t.match(deletion.connections[0], { revocation: /revoked|failed/ })
  t.match(deletion.erased, { connections: 3, handshakes: 1, deliveries: 4, notifications: 3 })

  t.same([...await findTraces(services, words)], [], 'no table contains anything')
  t.same([...(await findTraces(services, [id])).keys()].sort(), ['audit_entries', 'connections', 'events', 'notifications', 'teams', 'user_deletions', 'users'], "Carillon's id of the user stays where the documentation says")
  t.same((await findNotification(database, alone.id))?.counts, before, 'the counts stay')
  t.not((await ensureUser(database, { externalId: userId })).id, id, 'a user with the same id is another user')
  await t.rejects(ensureUser(database, { externalId: `deleted:${id}` }), DeletedUserError, 'the pseudonym is no id of the site')
})

t.test('revokes the access at the provider, also after a crash in the middle', async (t) => {
  const [{ id } = { id: '' }] = await connectAt('blotre', ['carl'])
  const notification = await notify(['carl'])
  await remove('carl')
  t.match(await read('carl'), { connections: [{ connectionId: id, revocation: 'pending', reason: null }] })
  // The process ends before its last steps: another one continues where it stopped.
  await sql`update user_deletions set notifications_to = null where completed_at is null`
  await control('POST', '/faults', { provider: 'blotre', match: 'POST /v0/oauth2/revoke', status: 503, body: { type: 'Error', error: 'Not now.', details: null }, times: 1 })
  await revoke(services)
  t.match(await read('carl'), { connections: [{ revocation: 'pending', reason: 'not available now' }] })
  await Promise.all([run(), run()])
  await sql`update revocations set due_at = now() where state = 'pending'`
  await revoke(services)
  await sendEvents()
  t.match(await complete('carl'), { connections: [{ revocation: 'revoked', reason: null }], erased: { deliveries: 1, notifications: 1 } })
  t.match((await findNotification(database, notification.id))?.counts, { skipped: 1 })
})

t.test('erases the credentials of a provider that stays away after seven days', async (t) => {
  await connectAt('blotre', ['dora'])
  await remove('dora')
  await sql`update revocations set created_at = now() - interval '8 days', due_at = now() + interval '1 hour' where state = 'pending'`
  await sendEvents()
  t.match(await complete('dora'), { connections: [{ revocation: 'failed', reason: /time for retries is over/ }] })
  t.same(await sql`select from revocations where credentials is not null`, [])
})

t.test('erases the credentials of a handshake that no connection stored, while their provider stays misconfigured', async (t) => {
  const { id: userId } = await ensureUser(database, { externalId: 'hugo' })
  const grant = { credentials: { accessToken: 'of hugo' }, account: { id: 'hugo', name: 'Hugo' } }
  const id = await createHandshake(database, { userId, provider: 'blotre', returnTo: undefined, tokenGeneration: 0 }, Date.now())
  await confirmHandshake(database, { id, browser: 'own' }, Date.now())
  const handshake = await findHandshake(database, id, Date.now())
  t.equal(handshake !== undefined && await claimHandshake(database, handshake, Date.now()), true)
  t.equal(await holdGrant(database, vault, id, grant, Date.now()), true)
  await remove('hugo')
  const held = () => sql`select state, reason, account_id, credentials is not null as "hasCredentials" from revocations where connection_id is null`
  t.match(await held(), [{ state: 'pending', account_id: 'hugo', hasCredentials: true }])
  await sql`update revocations set attempts = 99, reason = 'wrong client secret', created_at = now() - interval '6 days', due_at = now() + interval '1 hour' where connection_id is null`
  await run()
  t.match(await held(), [{ state: 'pending' }], 'an operator has seven days')
  await sql`update revocations set created_at = now() - interval '7 days' where connection_id is null`
  await run()
  t.same(await held(), [{ state: 'failed', reason: 'wrong client secret, and the time for retries is over', account_id: '', hasCredentials: false }])
})

t.test('waits for a delivery that is being sent, and erases its receipt', async (t) => {
  const [{ id } = { id: '' }] = await connectAt('pushbullet', ['eva'])
  const notification = await notify(['eva'])
  const { id: claimId, claimed } = await claim(database, 'pushbullet', [[notification.id, id]], 60_000)
  t.equal(claimed.length, 1)
  await remove('eva')
  await sql`update revocations set state = 'done', credentials = null, due_at = null where state = 'pending'`
  await sendEvents()
  await run()
  t.match(await read('eva'), { completedAt: null })
  const settlements = claimed.map((delivery) => ({ delivery, outcome: sentOutcome({ id: 'push-of-eva' }, 1) }))
  await settle(database, { claimId, settlements, isLast: true, now: Date.now() })
  await complete('eva')
  t.equal(await recordSeen(database, [notification.id, id]), false, 'nothing is recorded when the user opens the message later')
  t.same(await sql`select state, receipt, history from deliveries where connection_id = ${id}`, [{ state: 'sent', receipt: { id: 'erased' }, history: [] }])
})

t.test('stores nothing for a user who is deleted meanwhile', async (t) => {
  const { id } = await ensureUser(database, { externalId: 'finn' })
  await remove('finn')
  const grant = { credentials: { accessToken: 'late' }, account: { id: 'finn', name: 'Finn' } }
  await t.rejects(saveConnections(database, vault, [{ userId: id, provider: 'blotre', grant }]), DeletedUserError)
  const handshake = { userId: id, provider: 'blotre', returnTo: undefined, tokenGeneration: 0 }
  await t.rejects(createHandshake(database, handshake, Date.now()), TokensRevokedError)
})

t.test('skips a deleted user in a broadcast that is being sent, and keeps its counts', async (t) => {
  const [gil, gwen] = await connectAt('pushbullet', ['gil', 'gwen'])
  const broadcast = await notify([], { audience: { everyone: true }, message: { type: 'note', body: 'To all' }, providers: ['pushbullet'] })
  await plan(services, { notificationId: broadcast.id })
  await remove('gil')
  const claimed = await claimSegment(database, {
    provider: 'pushbullet', segment: { notificationId: broadcast.id, number: 0 }, max: 500, restMs: 0, leaseMs: 60_000
  })
  t.same(claimed?.claimed.map(({ connectionId }) => connectionId), [gwen?.id])
  t.same(await sql`select state, reason from deliveries where connection_id = ${String(gil?.id)}`, [{ state: 'skipped', reason: 'userDeleted' }])
  await sendEvents()
  await complete('gil')
  const counts = async () => (await findNotification(database, broadcast.id))?.counts
  t.match(await counts(), { sending: 1 })
  const settlements = claimed?.claimed.map((delivery) => ({ delivery, outcome: sentOutcome({ id: '1' }, 1) })) ?? []
  await settle(database, { claimId: claimed?.id ?? '', settlements, isLast: true, now: Date.now() })
  t.match(await counts(), { sent: 1 })
})

t.test('revokes the tokens of a refresh that ends after the deletion', async (t) => {
  const [{ id } = { id: '' }] = await connectAt('blotre', ['hal'])
  const blotre = providers.get('blotre')
  if (blotre?.refresh === undefined) return t.fail("Blot're refreshes tokens")
  const { refresh } = blotre
  const slow = {
    ...blotre,
    refresh: async (...args: Parameters<typeof refresh>) => {
      const refreshed = await refresh(...args)
      await remove('hal')
      return refreshed
    }
  }
  const [{ grantId, version }] = await sql<[{ grantId: string, version: number }]>`
    select grant_id as "grantId", version from connections join grants on grants.id = grant_id where connections.id = ${id}`
  const { http, now, registrations } = services
  const context = { http, now, registrations, signal: AbortSignal.timeout(30_000) }
  t.match(await services.refresher.refresh(slow, { grantId, seenVersion: version }, context), { kind: 'dead' })
  t.equal((await sql`select from revocations where connection_id = ${id} and state = 'pending'`).count, 2, 'the old tokens and the new ones')
  await revoke(services)
  await sendEvents()
  t.match(await complete('hal'), { connections: [{ connectionId: id, revocation: /revoked|failed/ }] })
  t.same(await sql`select credentials, account_id from revocations where connection_id = ${id}`, [
    { credentials: null, account_id: '' }, { credentials: null, account_id: '' }
  ])
})
