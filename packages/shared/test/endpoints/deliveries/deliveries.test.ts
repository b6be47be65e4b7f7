import { testKeys, until } from '@carillon/testing'
import t from 'tap'
import { newId } from '../../../src/db/index.ts'
import { recordEvents } from '../../../src/events/index.ts'
import {
  claimEvents, createEndpoint, deleteEndpoint, disableEndpoint, fanOutEvents, findEndpoint, hasNewEvents, recordAttempt,
  resendEvent, settleEvents, sweepEndpointDeliveries, updateEndpoint
} from '../../../src/endpoints/index.ts'
import type { AttemptResult, SentEvent } from '../../../src/endpoints/index.ts'
import { createVault, parseVaultKeys } from '../../../src/vault/index.ts'
import { openTestDatabase } from '../../open-test-database.ts'

const database = await openTestDatabase(t)
const { sql } = database
const vault = createVault(parseVaultKeys(testKeys()))
const url = 'https://shop.example/hook'
const accepted: AttemptResult = { status: 204, durationMs: 1, error: null }
const gone: AttemptResult = { status: 410, durationMs: 1, error: 'no' }

t.afterEach(async () => { await sql`delete from endpoints` })

async function open (): Promise<string> {
  const id = newId()
  await createEndpoint(database, vault, { id, url, description: null, events: ['*'], enabled: true })
  return id
}

/** A delivery that is being sent. */
async function sending (endpointId: string, result = accepted, eventId = newId()): Promise<SentEvent> {
  const leaseId = newId()
  await sql`insert into endpoint_deliveries (endpoint_id, event_id, state, next_attempt_at, lease_id)
    values (${endpointId}, ${eventId}, 'sending', now() + interval '1 minute', ${leaseId})`
  return { claimed: { endpointId, eventId, leaseId, attempts: 0, url, event: { type: 'pull.failed' } }, result, at: Date.now() }
}

const stateOf = async ({ claimed: { endpointId, eventId } }: SentEvent) => (await sql`
  select state from endpoint_deliveries where endpoint_id = ${endpointId} and event_id = ${eventId}`)[0]?.['state']
const countBlocked = async () => (await sql`
  select from pg_stat_activity where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0`).length

/** Runs statements in another transaction, which is committed when the returned function is called. */
async function hold (statement: (tx: typeof sql) => Promise<unknown>): Promise<() => Promise<void>> {
  const tx = await sql.reserve()
  await tx`begin`
  await statement(tx)
  return async () => {
    await tx`commit`
    tx.release()
  }
}
const blocked = (count: number) => until(async () => await countBlocked() >= count)

t.test('results of an endpoint that is deleted meanwhile do not hinder those of others', async (t) => {
  const [deleted, other] = [await open(), await open()]
  const sent = [await sending(deleted), await sending(other)]
  const commit = await hold((tx) => tx`delete from endpoints where id = ${deleted}`)
  const settled = settleEvents(database, sent)
  await blocked(1)
  await commit()
  await settled
  t.same(await Promise.all(sent.map(stateOf)), [undefined, 'succeeded'])
  t.match(await sql`select endpoint_id from endpoint_attempts`, [{ endpoint_id: other }])
})

t.test('an endpoint can be deleted while results arrive', async (t) => {
  const [deleted, other] = [await open(), await open()]
  const sent = [await sending(deleted), await sending(other)]
  const commit = await hold((tx) => tx`select from endpoint_deliveries where endpoint_id = ${other} for update`)
  const settled = settleEvents(database, sent)
  await blocked(1)
  const deletion = deleteEndpoint(database, deleted)
  await blocked(2)
  await commit()
  await Promise.all([settled, deletion])
  t.equal(await findEndpoint(database, deleted), undefined)
  t.equal((await Promise.all(sent.map(stateOf)))[1], 'succeeded')
})

t.test('an endpoint can be disabled while results arrive', async (t) => {
  const id = await open()
  const [first, second] = [newId(), newId()]
  // The later event is due first, and is stored first.
  const late = await sending(id, accepted, second)
  const early = await sending(id, accepted, first)
  await sql`update endpoint_deliveries set next_attempt_at = next_attempt_at + interval '1 hour' where event_id = ${first}`
  const commit = await hold((tx) => tx`select from endpoint_deliveries where event_id = ${first} for update`)
  const settled = settleEvents(database, [early, late])
  await blocked(1)
  const update = updateEndpoint(database, id, { enabled: false })
  await blocked(2)
  await commit()
  await Promise.all([settled, update])
  t.same([await stateOf(early), await stateOf(late)], ['succeeded', 'succeeded'])
})

t.test('410 of an earlier URL says nothing about the new one, which receives the event', async (t) => {
  const id = await open()
  const sent = await sending(id, gone)
  await updateEndpoint(database, id, { url: 'https://shop.example/new' })
  t.same((await settleEvents(database, [sent])).failing, [])
  t.match(await findEndpoint(database, id), { failingSince: null, failure: null })
  t.equal(await stateOf(sent), 'pending')
  t.equal(await disableEndpoint(database, id, { reason: 'gone', url }), false, 'nor when the URL changes after its result was stored')

  const current = await sending(id, gone)
  current.claimed.url = 'https://shop.example/new'
  t.match((await settleEvents(database, [current])).failing, [{ endpointId: id, isGone: true }])
  t.equal(await stateOf(current), 'failed')
})

t.test('a failure counts only under its lease', async (t) => {
  const id = await open()
  const sent = await sending(id, gone)
  await sql`update endpoint_deliveries set lease_id = ${newId()}`
  t.same((await settleEvents(database, [sent])).failing, [])
  t.match(await findEndpoint(database, id), { failingSince: null })
  t.equal(await stateOf(sent), 'sending')
})

t.test('an endpoint that is being disabled receives no new events', async (t) => {
  const id = await open()
  await recordEvents(database, [{ type: 'provider.resumed', provider: 'pushbullet' }])
  const commit = await hold((tx) => tx`update endpoints set disabled_at = now(), disabled_reason = 'operator' where id = ${id}`)
  const end = { isReached: false }
  const created = fanOutEvents(database, Date.now()).finally(() => { end.isReached = true })
  await until(async () => end.isReached || await countBlocked() > 0)
  await commit()
  t.equal(await created, 0)
})

t.test('an event is not sent again to an endpoint that is being deleted', async (t) => {
  const [deleted, other] = [await open(), await open()]
  const eventId = newId()
  await sql`insert into events (id, type, provider) values (${eventId}, 'provider.resumed', 'pushbullet')`
  const commit = await hold((tx) => tx`delete from endpoints where id = ${deleted}`)
  const resent = resendEvent(database, { eventId, now: Date.now() })
  await blocked(1)
  await commit()
  t.equal(await resent, 1)
  t.match(await sql`select endpoint_id from endpoint_deliveries`, [{ endpoint_id: other }])
})

t.test('a delivery whose event is deleted is not claimed, and is deleted with the old attempts', async (t) => {
  const id = await open()
  const old = '01890000-0000-7000-8000-000000000000'
  const eventId = newId()
  await sql`insert into events (id, type, provider) values (${eventId}, 'provider.resumed', 'pushbullet')`
  await sql`insert into endpoint_deliveries (endpoint_id, event_id, state, next_attempt_at)
    select ${id}, event_id, 'pending', now() - interval '1 minute' from unnest(array[${old}, ${eventId}]::uuid[]) as event_id`
  await sql`insert into endpoint_attempts (id, endpoint_id, event_id, event_type, at, duration_ms, status)
    select id, ${id}, ${eventId}, 'provider.resumed', now(), 1, 204 from unnest(array[${old}, ${eventId}]::uuid[]) as id`
  const claimed = await claimEvents(database, { now: Date.now(), leaseMs: 60_000, perEndpoint: 8, room: new Map() })
  t.match(claimed, [{ eventId }])
  t.match(await sql`select state from endpoint_deliveries where event_id = ${old}`, [{ state: 'pending' }], 'no lease')
  t.equal(await sweepEndpointDeliveries(database, 30), 2)
  t.match(await sql`select event_id from endpoint_deliveries`, [{ event_id: eventId }])
  t.match(await sql`select id from endpoint_attempts`, [{ id: eventId }])
})

const record = () => recordEvents(database, [{ type: 'provider.resumed', provider: 'pushbullet' }])
const countReceived = async (endpointId: string) =>
  (await sql`select from endpoint_deliveries where endpoint_id = ${endpointId}`).count

t.test('only an endpoint that is enabled receives events, and only those from then on', async (t) => {
  const disabled = newId()
  await createEndpoint(database, vault, { id: disabled, url, description: null, events: ['*'], enabled: false })
  await record()
  t.equal(await hasNewEvents(database), false, 'no endpoint receives it')
  t.equal(await fanOutEvents(database, Date.now()), 0)
  t.same(await sql`select from events where position is null`, [{}], 'it is not read')

  const first = await open()
  t.equal(await hasNewEvents(database), true, 'what the endpoint does not receive is skipped by the next run')
  t.equal(await fanOutEvents(database, Date.now()), 0)
  t.equal(await hasNewEvents(database), false)

  await record()
  await updateEndpoint(database, disabled, { enabled: true })
  await updateEndpoint(database, first, { enabled: true })
  await record()
  t.equal(await fanOutEvents(database, Date.now()), 3)
  t.same([await countReceived(first), await countReceived(disabled)], [2, 1], 'enabling what is enabled changes nothing')
})

t.test('events of deliveries are recorded only for enabled endpoints', async (t) => {
  const id = newId()
  const requested = async () => (await sql`select type from event_requests where source = ${id} order by type`).map(({ type }) => type)
  await createEndpoint(database, vault, { id, url, description: null, events: ['delivery.sent'], enabled: false })
  t.same(await requested(), [])
  await updateEndpoint(database, id, { events: ['*', 'delivery.failed', 'delivery.sent'] })
  t.same(await requested(), [])
  await updateEndpoint(database, id, { enabled: true })
  t.same(await requested(), ['delivery.failed', 'delivery.sent'])
  await updateEndpoint(database, id, { enabled: false, events: ['delivery.parked'] })
  t.same(await requested(), [])
  await updateEndpoint(database, id, { enabled: true })
  await updateEndpoint(database, id, { description: 'Orders' })
  t.same(await requested(), ['delivery.parked'])
  await disableEndpoint(database, id, { reason: 'gone', url })
  t.same(await requested(), [])
})

t.test('the attempt of a test is not stored when its endpoint was deleted meanwhile', async (t) => {
  const attempt = { endpointId: newId(), eventId: newId(), eventType: 'endpoint.test', at: new Date() }
  t.equal(await recordAttempt(database, attempt, accepted), false)
})
