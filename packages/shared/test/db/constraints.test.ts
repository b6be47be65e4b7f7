import { eq, sql as raw, TransactionRollbackError } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import t from 'tap'
import {
  adAccounts, apiKeys, auditEntries, claims, connectionEvents, connections, deliveries, deliveryStates, endpointAttempts,
  endpointDeliveries, endpoints, eventRequests, events, grants, handshakes, idempotencyKeys, inboundPolls, insights, newId,
  notices, notifications, progress, providerHosts, pulls, registrations, revocations, segments, teamMembers, teams,
  userDeletions, users, workers
} from '../../src/db/index.ts'
import type { Scope } from '../../src/db/index.ts'
import { openTestDatabase } from '../open-test-database.ts'

const { db, sql } = await openTestDatabase(t)
const now = new Date('2030-01-01T12:00:00Z')
const tried = new Set<string>()
const later = new Date('2030-01-01T12:10:00Z')

const userId = newId()
await db.insert(users).values({ id: userId, externalId: 'ann' })

/** Valid rows. Each invalid state below changes one of them. */
const key = (): typeof apiKeys.$inferInsert => ({ id: newId(), name: 'console', secretHash: newId(), scopes: ['admin'] })
const team = (): typeof teams.$inferInsert => ({ id: newId(), externalId: newId(), name: 'Crew', ownerId: userId })
let providers = 0
const connection = (): typeof connections.$inferInsert => ({
  id: newId(), userId, provider: `provider${providers++}`, status: 'active', accountId: 'a1', accountName: 'Ann', grantId: keptGrant.id
})
const grant = (): typeof grants.$inferInsert => ({ id: newId(), provider: 'slack', status: 'active', credentials: 'sealed' })
const handshake = (): typeof handshakes.$inferInsert => ({
  id: newId(), userId, provider: 'pushbullet', kind: 'redirect', createdAt: now, expiresAt: later
})
const notification = (): typeof notifications.$inferInsert => ({
  id: newId(), origin: 'api', audience: { userIds: ['ann'] }, message: { type: 'note', title: 'Hello' }, createdAt: now
})

const keptGrant = grant()
await db.insert(grants).values(keptGrant)
const keptConnection = connection()
await db.insert(connections).values(keptConnection)
const keptTeam = team()
await db.insert(teams).values(keptTeam)
const keptNotification = notification()
await db.insert(notifications).values(keptNotification)
const delivery = (): typeof deliveries.$inferInsert => ({
  notificationId: keptNotification.id, connectionId: keptConnection.id, provider: keptConnection.provider, state: 'queued', dueAt: now
})

const claimed = { stateHash: 'state', browserHash: 'browser', confirmedAt: now, claimedAt: now }
const parked = { status: 'needsReauth', statusReason: 'tokenRevoked' } as const

t.test('users', async (t) => {
  const { takes, refuses } = attempts(t, users, () => ({ id: newId(), externalId: 'new' }))
  await takes('a new user')
  await refuses('users_external_id', 'a second user of the same name', { externalId: 'ann' })
  await refuses('users_token_generation', 'fewer than no revocations', { tokenGeneration: -1 })
})

t.test('teams', async (t) => {
  const { takes, refuses } = attempts(t, teams, team)
  await takes('one with an owner')
  await refuses('teams_external_id', 'a second team of the same name', { externalId: keptTeam.externalId })
  await refuses('teams_name', 'no name', { name: '' })
  await refuses('teams_name', 'a name that is too long', { name: 'x'.repeat(201) })
  await refuses('teams_owner_id_users_id_fk', 'an owner who is not there', { ownerId: newId() })
  t.equal(await outcomeOf(db.delete(users).where(eq(users.id, userId))), 'teams_owner_id_users_id_fk', 'a user who owns a team cannot be deleted')
})

t.test('members of teams', async (t) => {
  const { takes, refuses } = attempts(t, teamMembers, () => ({ teamId: keptTeam.id, userId }))
  await takes('a member')
  await refuses('team_members_team_id_teams_id_fk', 'of a team that is not there', { teamId: newId() })
  await refuses('team_members_user_id_users_id_fk', 'who is not there', { userId: newId() })
})

t.test('api keys', async (t) => {
  const { takes, refuses } = attempts(t, apiKeys, key)
  await takes('a key with several scopes', { scopes: ['users:write', 'notifications:read'] })
  await refuses('api_keys_scopes', 'no scope', { scopes: [] })
  await refuses('api_keys_scopes', 'a scope that is not known', { scopes: ['admin', 'everything' as Scope] })
  await refuses('api_keys_name', 'no name', { name: '' })
  await refuses('api_keys_name', 'a name that is too long', { name: 'x'.repeat(201) })
  await db.insert(apiKeys).values({ ...key(), secretHash: 'taken' })
  await refuses('api_keys_secret_hash', 'a second key with the same secret', { secretHash: 'taken' })
})

t.test('connections', async (t) => {
  const { takes, refuses } = attempts(t, connections, connection)
  await takes('one that needs its user', parked)
  const revoked = { status: 'revoked', statusReason: 'disconnected', disconnectedAt: now }
  await takes('a revoked one', revoked)
  await refuses('connections_revoked_has_no_target', 'a revoked one with a target', { ...revoked, target: 'sealed' })
  await takes('one with a target', { target: 'sealed' })
  await takes('a muted one', { muted: 'muted' })
  await refuses('connections_grant_id_grants_id_fk', 'one without a grant', { grantId: newId() })
  await refuses('connections_disconnected', 'a revoked one that was closed at no time', { ...revoked, disconnectedAt: null })
  await refuses('connections_disconnected', 'an active one that was closed', { disconnectedAt: now })
  await refuses('connections_disconnected', 'one that needs its user and was closed', { ...parked, disconnectedAt: now })
  await refuses('connections_muted', 'a reason to be silent that is not known', { muted: 'tired' })
  await refuses('connections_reason', 'one that needs its user for no reason', { status: 'needsReauth' })
  await refuses('connections_reason', 'an active one with a reason', { statusReason: 'tokenRevoked' })
  await refuses('connections_status', 'a status that is not known', { status: 'asleep', statusReason: 'tired' })
  await refuses('connections_provider', 'a provider with a dash', { provider: 'push-bullet' })
  await refuses('connections_provider', 'no provider', { provider: '' })
  await refuses('connections_user_account', 'a second one of a user to an account', { provider: keptConnection.provider })
  await takes('one of a user to another account', { provider: keptConnection.provider, accountKey: 'other' })
  await refuses('connections_user_id_users_id_fk', 'nobody\'s', { userId: newId() })

  const teams = { userId: null, teamId: keptTeam.id, connectedBy: userId }
  await takes('one of a team', teams)
  await takes('one of a team whose connector is gone', { ...teams, connectedBy: null })
  await refuses('connections_holder', 'one of a user and a team', { teamId: keptTeam.id })
  await refuses('connections_holder', 'one of neither', { userId: null })
  await refuses('connections_connected_by', 'one of a user that another user has connected', { connectedBy: userId })
  await refuses('connections_team_id_teams_id_fk', 'one of a team that is not there', { ...teams, teamId: newId() })
  await refuses('connections_connected_by_users_id_fk', 'one connected by an unknown user', { ...teams, connectedBy: newId() })
  const kept = { ...connection(), ...teams }
  await db.insert(connections).values(kept)
  await refuses('connections_team_account', 'a second one of a team at a provider', { ...teams, provider: kept.provider })
})

t.test('grants', async (t) => {
  const { takes, refuses } = attempts(t, grants, grant)
  await takes('one of a connection')
  await db.insert(grants).values({ ...grant(), key: 'T1' })
  await refuses('grants_provider_key', 'a second one with the same key', { key: 'T1' })
  await takes('one with the same key at another provider', { key: 'T1', provider: 'discord' })
  await takes('a revoked one', { status: 'revoked', credentials: null })
  await refuses('grants_revoked_has_no_credentials', 'a revoked one with credentials', { status: 'revoked' })
  await refuses('grants_revoked_has_no_credentials', 'an active one without', { credentials: null })
  await refuses('grants_revoked_has_no_credentials', 'one that needs its user without', { status: 'needsReauth', credentials: null })
  await refuses('grants_lease', 'a lease without an owner', { leaseUntil: later })
  await refuses('grants_status', 'a status that is not known', { status: 'asleep' })
  await refuses('grants_version', 'version 0', { version: 0 })
})

t.test('events of connections', async (t) => {
  const { takes, refuses } = attempts(t, connectionEvents, () => ({
    id: newId(), connectionId: keptConnection.id, event: 'connection.connected' as const
  }))
  await takes('something known')
  await refuses('connection_events_event', 'something unheard of', { event: 'connection.married' })
  await refuses('connection_events_connection_id_connections_id_fk', 'to a connection that is not there', { connectionId: newId() })
})

t.test('registrations', async (t) => {
  const { takes, refuses } = attempts(t, registrations, () => ({ id: newId(), provider: 'pumpio', host: 'pump.example', client: 'sealed' }))
  await takes('a client')
  await takes('one that is being made', { client: null, leaseUntil: later })
  await refuses('registrations_client_or_lease', 'neither a client nor anybody who makes one', { client: null })
  await db.insert(registrations).values({ id: newId(), provider: 'pumpio', host: 'taken.example', client: 'sealed' })
  await refuses('registrations_provider_host', 'a second client at the same host', { host: 'taken.example' })
})

t.test('revocations', async (t) => {
  const { takes, refuses } = attempts(t, revocations, () => ({
    id: newId(), connectionId: keptConnection.id, provider: 'blotre', credentials: 'sealed', dueAt: now
  }))
  const over = { credentials: null, dueAt: null }
  await takes('one to be done')
  await takes('one of credentials that no connection held', { connectionId: null })
  await takes('one that is done', { ...over, state: 'done' })
  await takes('one that has failed', { ...over, state: 'failed', reason: 'refused' })
  await refuses('revocations_state', 'a state that is not known', { ...over, state: 'forgotten' })
  await refuses('revocations_pending', 'one to be done without its credentials', { credentials: null })
  await refuses('revocations_pending', 'one that is done and keeps its credentials', { state: 'done', dueAt: null })
  await refuses('revocations_failed', 'one that has failed for no reason', { ...over, state: 'failed' })
  await refuses('revocations_connection_id_connections_id_fk', 'of a connection that is not there', { connectionId: newId() })
})

t.test('handshakes', async (t) => {
  const { takes, refuses } = attempts(t, handshakes, handshake)
  const completed = { ...claimed, status: 'completed', connectionId: keptConnection.id }
  await takes('one that begins')
  await takes('one that was confirmed', { stateHash: newId(), browserHash: 'browser', confirmedAt: now })
  await takes('a completed one', { ...completed, stateHash: newId() })
  await takes('a failed one', { ...claimed, stateHash: newId(), status: 'failed', error: 'denied' })
  await refuses('handshakes_completed', 'completed without a connection', { ...completed, connectionId: null })
  await refuses('handshakes_completed', 'a connection before it is completed', { ...completed, status: 'pending' })
  await refuses('handshakes_failed', 'failed without an error', { ...claimed, status: 'failed' })
  await refuses('handshakes_failed', 'an error although it is completed', { ...completed, error: 'denied' })
  await refuses('handshakes_ended', 'completed without a request that claimed it', { status: 'completed', connectionId: keptConnection.id })
  await refuses('handshakes_claimed', 'taken before it was confirmed', { claimedAt: now })
  await takes('one that was canceled before it was confirmed', { claimedAt: now, status: 'failed', error: 'canceled' })
  await refuses('handshakes_confirmed', 'a state without a browser', { stateHash: 'state' })
  await takes('one that a browser holds and has not confirmed', { browserHash: 'browser' })
  await takes('one with credentials that wait for the user', { stateHash: newId(), browserHash: 'browser', confirmedAt: now, pending: 'sealed', obtainedAt: now })
  await refuses('handshakes_obtained', 'obtained, and nothing there', { obtainedAt: now })
  await refuses('handshakes_confirmed_at', 'confirmed without a state', { browserHash: 'browser', confirmedAt: now })
  await refuses('handshakes_lifetime', 'over before it begins', { expiresAt: now })
  await refuses('handshakes_kind', 'a kind that is not known', { kind: 'telepathy' })
  await refuses('handshakes_status', 'a status that is not known', { ...claimed, status: 'expired' })
  await refuses('handshakes_connection_id_connections_id_fk', 'a connection that is not there', { ...completed, connectionId: newId() })
  await takes('one for a team', { teamId: keptTeam.id })
  await refuses('handshakes_team_id_teams_id_fk', 'for a team that is not there', { teamId: newId() })
  await refuses('handshakes_user_id_users_id_fk', 'nobody\'s', { userId: newId() })
  await db.insert(handshakes).values({ ...handshake(), stateHash: 'taken', browserHash: 'browser', confirmedAt: now })
  await refuses('handshakes_state_hash', 'the state of another', { stateHash: 'taken', browserHash: 'other', confirmedAt: now })
  await refuses('handshakes_confirmed_at', 'confirmed at no time', { stateHash: newId(), browserHash: 'browser' })
  await refuses('handshakes_pending', 'something pending although it is over', { ...completed, stateHash: newId(), pending: 'sealed' })
  await takes('a completed one that created a secret', { ...completed, stateHash: newId(), newSecret: 'sealed' })
  await refuses('handshakes_new_secret', 'a secret before it is completed', { newSecret: 'sealed' })
  await refuses('handshakes_attempts', 'fewer tries than none', { attempts: -1 })
  await takes('one that has sent codes', { kind: 'confirm', codesSent: 2 })
  await refuses('handshakes_codes_sent', 'codes of a kind without codes', { codesSent: 1 })
})

t.test('notifications', async (t) => {
  const { takes, refuses } = attempts(t, notifications, notification)
  await takes('one that is sent and over later', { sendAt: later, expiresAt: new Date(later.getTime() + 1) })
  await refuses('notifications_message', 'a message without a type', { message: { title: 'Hello' } })
  await refuses('notifications_message', 'a type that is not known', { message: { type: 'smell' } })
  await refuses('notifications_message', 'a message that is a list', { message: ['note'] })
  await refuses('notifications_audience', 'an audience that is a list', { audience: ['ann'] })
  await refuses('notifications_unreachable', 'unreachable users that are no list', { unreachable: {} })
  await refuses('notifications_origin', 'an origin that is not known', { origin: 'space' })
  await takes('one that is spread', { spreadSeconds: 60 })
  await takes('one that is sent again', { onUnknown: 'resend' })
  await refuses('notifications_on_unknown', 'an unknown policy', { onUnknown: 'ask' })
  await refuses('notifications_spread', 'spread over no time', { spreadSeconds: 0 })
  await refuses('notifications_spread', 'spread backwards', { spreadSeconds: -60 })
  await refuses('notifications_expires_at', 'over before it is sent', { sendAt: later, expiresAt: now })
  await refuses('notifications_expires_at', 'over before it was made', { expiresAt: now })
  await refuses('notifications_created_by_api_keys_id_fk', 'made by a key that is not there', { createdBy: newId() })
})

t.test('deliveries', async (t) => {
  const { takes, refuses } = attempts(t, deliveries, delivery)
  const sending = { state: 'sending', dueAt: null, claimId: newId() }
  const sent = { state: 'sent', dueAt: null, attempts: 1, receipt: { id: 'p1' } }
  const ended = { dueAt: null, reason: 'because' }
  await takes('one in the queue')
  await takes('one being sent', sending)
  await takes('a sent one', sent)
  const parked = { ...ended, state: 'parked', parkedAt: now }
  await takes('one that is parked', parked)
  await takes('one that is held with its notification', { dueAt: raw`'infinity'::timestamptz` })
  for (const state of ['failed', 'unknown', 'canceled', 'expired', 'skipped']) await takes(`one that is ${state}`, { ...ended, state })
  await takes('one to be tried again', { state: 'retrying', reason: 'HTTP 500', attempts: 1 })

  await refuses('deliveries_state', 'a state that is not known', { ...ended, state: 'lost' })
  await refuses('deliveries_due', 'queued and never due', { dueAt: null })
  await refuses('deliveries_due', 'retrying and never due', { state: 'retrying', reason: 'HTTP 500', dueAt: null })
  await refuses('deliveries_due', 'parked and due', { ...parked, dueAt: now })
  await refuses('deliveries_parked', 'parked at no time', { ...parked, parkedAt: null })
  await refuses('deliveries_parked', 'queued and parked', { parkedAt: now })
  await refuses('deliveries_parked', 'sent and still parked', { ...sent, parkedAt: now })
  await refuses('deliveries_claim', 'being sent without a claim', { ...sending, claimId: null })
  await refuses('deliveries_claim', 'queued and being sent', { claimId: newId() })
  await refuses('deliveries_receipt', 'sent without a receipt', { ...sent, receipt: null })
  await refuses('deliveries_receipt', 'failed with a receipt', { ...ended, state: 'failed', receipt: { id: 'p1' } })
  await refuses('deliveries_attempts', 'sent without an attempt', { ...sent, attempts: 0 })
  await refuses('deliveries_attempts', 'fewer attempts than none', { attempts: -1 })
  await refuses('deliveries_reason', 'parked for no reason', { ...parked, reason: null })
  for (const state of ['failed', 'unknown', 'canceled', 'expired', 'skipped']) {
    await refuses('deliveries_reason', `${state} for no reason`, { ...ended, state, reason: null })
  }
  await refuses('deliveries_reason', 'to be tried again for no reason', { state: 'retrying', attempts: 1 })
  await db.insert(deliveries).values(delivery())
  const again = await outcomeOf(db.insert(deliveries).values(delivery()))
  t.match(again, /^deliveries_\d{4}w\d\d_pkey$/, 'the same notification to the same connection again')
  const unborn = '00000000-0000-7000-8000-000000000000'
  t.match(await outcomeOf(db.insert(deliveries).values({ ...delivery(), notificationId: unborn })), /no partition/, 'a week without a partition')
})

t.test('segments', async (t) => {
  const [first = '', second = ''] = [newId(), newId()]
  const { takes, refuses } = attempts(t, segments, () => ({
    notificationId: keptNotification.id, provider: 'pushbullet', number: 0, afterId: first, lastId: second, size: 1, dueAt: now
  }))
  await takes('a range')
  await takes('one that all have left', { size: 0 })
  await refuses('segments_size', 'a negative number of connections', { size: -1 })
  await refuses('segments_range', 'an empty range', { lastId: first })
  await refuses('segments_range', 'a range from its end', { afterId: second, lastId: first })
  await refuses('segments_notification_id_notifications_id_fk', 'of no notification', { notificationId: newId() })
})

t.test('progress', async (t) => {
  const { takes, refuses } = attempts(t, progress, () => ({
    notificationId: keptNotification.id, provider: 'pushbullet', audience: 1, plannedTo: newId()
  }))
  await takes('one that begins')
  for (const state of deliveryStates) await refuses('progress_counts', `fewer than none ${state}`, { [state]: -1 })
  await refuses('progress_notification_id_notifications_id_fk', 'of no notification', { notificationId: newId() })
})

t.test('hosts of providers', async (t) => {
  const { takes, refuses } = attempts(t, providerHosts, () => ({ provider: 'pumpio', host: 'pump.example' }))
  await takes('one that is well')
  await takes('one that is left alone', { breaker: 'open', reason: 'HTTP 503', opens: 1, openedAt: now, retryAt: later })
  await takes('one that is tried', { breaker: 'probing', reason: 'HTTP 503', opens: 1, openedAt: now, retryAt: later })
  await refuses('provider_hosts_breaker', 'a breaker in a state that is not known', { breaker: 'broken', retryAt: later })
  await refuses('provider_hosts_open', 'one that is left alone for ever', { breaker: 'open' })
  await refuses('provider_hosts_open', 'one that is tried for ever', { breaker: 'probing' })
  await refuses('provider_hosts_open', 'one that is well and to be tried', { retryAt: later })
})

t.test('claims', async (t) => {
  const { takes } = attempts(t, claims, () => ({
    id: newId(), provider: 'pushbullet', notificationIds: [keptNotification.id], firstId: newId(), lastId: newId(), until: later
  }))
  await takes('a batch that is being sent')
})

t.test('pulls', async (t) => {
  const { takes, refuses } = attempts(t, pulls, () => ({ connectionId: keptConnection.id, provider: 'facebook', dueAt: now }))
  const running = { state: 'running', leaseId: newId(), leaseUntil: later } as const
  await takes('one that waits')
  await takes('one that is under way', running)
  await takes('one that has failed', { failedAt: now, failure: 'HTTP 503' })
  await refuses('pulls_state', 'a state that is not known', { state: 'asleep' })
  await refuses('pulls_lease', 'running without a lease', { ...running, leaseId: null })
  await refuses('pulls_lease', 'under way for ever', { ...running, leaseUntil: null })
  await refuses('pulls_lease', 'waiting and under way', { ...running, state: 'waiting' })
  await refuses('pulls_failure', 'failed for no reason', { failedAt: now })
  await refuses('pulls_failure', 'failed at no time', { failure: 'HTTP 503' })
  await refuses('pulls_connection_id_connections_id_fk', 'of a connection that is not there', { connectionId: newId() })
})

t.test('ad accounts and their insights', async (t) => {
  const account = () => ({
    connectionId: keptConnection.id, accountId: 'act_1', name: 'Shoes', currency: 'EUR', timezone: 'Europe/Berlin', listedAt: now
  })
  const accounts = attempts(t, adAccounts, account)
  await accounts.takes('an account')
  await accounts.refuses('ad_accounts_connection_id_connections_id_fk', 'of a connection that is not there', { connectionId: newId() })
  await db.insert(adAccounts).values(account())
  const { takes, refuses } = attempts(t, insights, () => ({
    connectionId: keptConnection.id, accountId: 'act_1', day: '2030-01-01', impressions: '1', clicks: '0', spend: '0.10', fetchedAt: now
  }))
  await takes('a day')
  await refuses('insights_account', 'a day of an account that is not there', { accountId: 'act_2' })
})

t.test('notices', async (t) => {
  const { takes, refuses } = attempts(t, notices, () => ({
    id: newId(), provider: 'facebook', kind: 'delete' as const, digest: newId(), code: newId(), closed: 1
  }))
  await takes('a deletion')
  await takes('another kind', { kind: 'deauthorize' })
  await takes('events that wait', { kind: 'linkOpened', events: 'sealed', handleAt: now })
  await refuses('notices_events', 'events without a time to handle them', { events: 'sealed' })
  await refuses('notices_kind', 'a kind that is not known', { kind: 'like' })
  await db.insert(notices).values({ id: newId(), provider: 'facebook', kind: 'delete', digest: 'told', code: 'code', closed: 1 })
  await refuses('notices_digest', 'what was told already', { digest: 'told' })
  await refuses('notices_code', 'the code of another', { code: 'code' })
})

t.test('inbound polls', async (t) => {
  const { takes, refuses } = attempts(t, inboundPolls, () => ({ provider: newId() }))
  await takes('a provider that no process asks')
  await takes('a lease', { leaseOwner: 'one', leaseUntil: now })
  await refuses('inbound_polls_lease', 'a lease without an end', { leaseOwner: 'one' })
})

t.test('idempotency keys', async (t) => {
  const { takes, refuses } = attempts(t, idempotencyKeys, () => ({
    callerId: newId(), keyHash: 'key', requestHash: 'request', resourceId: newId(), leaseId: newId(), leaseUntil: later
  }))
  await takes('one of a request that is being handled')
  await takes('one with a response', { leaseId: null, leaseUntil: null, response: 'sealed' })
  await takes('one that any repeated request can claim', { leaseId: null, leaseUntil: null })
  await refuses('idempotency_keys_lease', 'a lease without an end', { leaseUntil: null })
  await refuses('idempotency_keys_response', 'a response of a request that is being handled', { response: 'sealed' })
})

t.test('endpoints', async (t) => {
  const { takes, refuses } = attempts(t, endpoints, () => ({ id: newId(), url: 'https://shop.example/', events: ['*'], secrets: 'sealed' }))
  await takes('one that receives events')
  await takes('one that is failing', { failingSince: now, failure: '500' })
  await takes('one that is disabled', { disabledAt: now, disabledReason: 'gone' })
  await refuses('endpoints_url', 'no URL', { url: '' })
  await refuses('endpoints_description', 'an empty description', { description: '' })
  await refuses('endpoints_events', 'no types of events', { events: [] })
  await refuses('endpoints_disabled', 'a disabled one without a reason', { disabledAt: now })
  await refuses('endpoints_disabled_reason', 'a reason that is not known', { disabledAt: now, disabledReason: 'tired' })
  await refuses('endpoints_failure', 'a failing one without its failure', { failingSince: now })
})

t.test('deliveries and attempts of endpoints', async (t) => {
  const endpointId = newId()
  await db.insert(endpoints).values({ id: endpointId, url: 'https://shop.example/', events: ['*'], secrets: 'sealed' })
  const ofDelivery = attempts(t, endpointDeliveries, () => ({ endpointId, eventId: newId(), state: 'pending' as const, nextAttemptAt: now }))
  await ofDelivery.takes('one that waits')
  await ofDelivery.takes('one under a lease', { state: 'sending', leaseId: newId() })
  await ofDelivery.takes('one that succeeded', { state: 'succeeded', nextAttemptAt: null, attempts: 1 })
  await ofDelivery.refuses('endpoint_deliveries_endpoint_id_endpoints_id_fk', 'an endpoint that does not exist', { endpointId: newId() })
  await ofDelivery.refuses('endpoint_deliveries_state', 'a state that is not known', { state: 'lost', nextAttemptAt: null })
  await ofDelivery.refuses('endpoint_deliveries_next', 'one that is over and has a next attempt', { state: 'failed' })
  await ofDelivery.refuses('endpoint_deliveries_lease', 'a lease of one that waits', { leaseId: newId() })
  await ofDelivery.refuses('endpoint_deliveries_attempts', 'a negative number of attempts', { attempts: -1 })
  const ofAttempt = attempts(t, endpointAttempts, () => ({
    id: newId(), endpointId, eventId: newId(), eventType: 'endpoint.test', at: now, durationMs: 3, status: 204
  }))
  await ofAttempt.takes('one that succeeded')
  await ofAttempt.takes('one without a response', { status: null, error: 'connection refused' })
  await ofAttempt.refuses('endpoint_attempts_endpoint_id_endpoints_id_fk', 'an endpoint that does not exist', { endpointId: newId() })
  await ofAttempt.refuses('endpoint_attempts_result', 'a failure without an error', { status: 500 })
})

t.test('events', async (t) => {
  const { takes, refuses } = attempts(t, events, () => ({ type: 'provider.paused' as const, provider: 'slack' }))
  await takes('one that no reader has received')
  await refuses('events_type', 'a type that is not known', { type: 'provider.lost' })
  await refuses('events_data', 'data that is no object', { data: [] })
})

t.test('audit entries', async (t) => {
  const { takes, refuses } = attempts(t, auditEntries, () => ({
    action: 'api_key.created', actorKind: 'operator' as const, operator: 'root@web1', targetKind: 'apiKey', targetId: `key_${newId()}`
  }))
  await takes('one of an operator')
  await takes('one of a key', { actorKind: 'apiKey', actorId: newId(), operator: null })
  await takes('one of Carillon itself', { actorKind: 'system', operator: null })
  await refuses('audit_entries_actor', 'a key without its id', { actorKind: 'apiKey', operator: null })
  await refuses('audit_entries_actor', 'an operator without a name', { operator: null })
  await refuses('audit_entries_actor', 'an actor that is not known', { actorKind: 'worker', operator: null })
  await refuses('audit_entries_action', 'an action without its kind of target', { action: 'created' })
  await refuses('audit_entries_details', 'details that are no object', { details: [] })
})

t.test('requests of events', async (t) => {
  const { takes, refuses } = attempts(t, eventRequests, () => ({ source: 'configuration', type: 'delivery.sent' as const }))
  await takes('a type that may be requested')
  await refuses('event_requests_type', 'a type that is always recorded', { type: 'provider.paused' })
})

t.test('deletions of users', async (t) => {
  const { takes, refuses } = attempts(t, userDeletions, () => ({
    id: newId(), userId, digest: 'digest', externalId: 'ann', transactionId: 1, connections: [], teams: { left: [], ownerless: [] }
  }))
  await takes('one that is running')
  await takes('one that is completed', { externalId: null, completedAt: now })
  await refuses('user_deletions_user_id_users_id_fk', 'one of an unknown user', { userId: newId() })
  await refuses('user_deletions_external_id', "one that is completed and keeps the site's id", { completedAt: now })
  await refuses('user_deletions_external_id', "one that is running without the site's id", { externalId: null })
  await refuses('user_deletions_connections', 'connections that are no list', { connections: {} })
  await refuses('user_deletions_teams', 'teams that are no object', { teams: [] })
  await refuses('user_deletions_erased', 'counts that are no object', { erased: [] })
})

t.test('workers', async (t) => {
  const { takes, refuses } = attempts(t, workers, () => ({ id: newId(), version: '0.1.0', host: 'web1', pid: 1, providers: [], runningJobs: 0 }))
  await takes('one that has just started')
  await refuses('workers_running_jobs', 'fewer jobs than none', { runningJobs: -1 })
})

t.test('the test covers every constraint', async (t) => {
  const rows = await sql`
    select conname from pg_constraint join pg_class on pg_class.oid = conrelid
    where connamespace = 'public'::regnamespace and contype in ('c', 'u', 'f') and not relispartition`
  t.same(rows.map(({ conname }) => String(conname)).filter((name) => !tried.has(name)), [])
})

t.test("deletes a user's data with the user, and keeps notifications of a key", async (t) => {
  const bob = newId()
  const hers = { ...connection(), userId: bob }
  const made = key()
  await db.insert(users).values({ id: bob, externalId: 'bob' })
  await db.insert(connections).values(hers)
  await db.insert(handshakes).values({ ...handshake(), ...claimed, userId: bob, stateHash: newId(), status: 'completed', connectionId: hers.id })
  await db.insert(apiKeys).values(made)
  const sent = { ...notification(), createdBy: made.id }
  await db.insert(notifications).values(sent)
  await db.insert(deliveries).values({ ...delivery(), notificationId: sent.id, connectionId: hers.id })

  await db.delete(users).where(eq(users.id, bob))
  t.same(await db.select().from(connections).where(eq(connections.userId, bob)), [])
  t.same(await db.select().from(handshakes).where(eq(handshakes.userId, bob)), [])
  const left = await db.select().from(deliveries).where(eq(deliveries.connectionId, hers.id))
  t.equal(left.length, 1, 'deliveries stay, because they have no foreign key and the code deletes them with the connection')
  await db.delete(apiKeys).where(eq(apiKeys.id, made.id))
  t.match(await db.select().from(notifications).where(eq(notifications.id, sent.id)), [{ createdBy: null }])
})

/** Tries one changed row at a time, and rolls back those that the database accepts. */
function attempts<Table extends PgTable> (t: Tap, table: Table, valid: () => Table['$inferInsert']) {
  const outcome = (change: object): Promise<string> => outcomeOf(db.transaction(async (tx) => {
    await tx.insert(table).values({ ...valid(), ...change } as Table['$inferInsert'])
    tx.rollback()
  }))
  return {
    takes: async (what: string, change: object = {}) => { t.equal(await outcome(change), 'taken', what) },
    refuses: async (constraint: string, what: string, change: object = {}) => {
      tried.add(constraint)
      t.equal(await outcome(change), constraint, what)
    }
  }
}

async function outcomeOf (statement: PromiseLike<unknown>): Promise<string> {
  try {
    await statement
    return 'committed'
  } catch (error) {
    if (error instanceof TransactionRollbackError) return 'taken'
    const { cause } = error as { cause?: { constraint_name?: string, message: string } }
    return cause?.constraint_name ?? cause?.message ?? String(error)
  }
}

type Tap = Pick<typeof t, 'equal'>
