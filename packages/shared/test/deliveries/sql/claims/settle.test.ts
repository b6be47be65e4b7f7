import { listEvents } from '../../../../src/connections/index.ts'
import { newId } from '../../../../src/db/index.ts'
import { ProviderError } from '../../../../src/providers/index.ts'
import { until } from '@carillon/testing'
import t from 'tap'
import { errorOutcome, expiredOutcome, handedBack, parkedOutcome, sentOutcome, waitOutcome } from '../../../../src/deliveries/outcome.ts'
import type { Outcome } from '../../../../src/deliveries/outcome.ts'
import { settle } from '../../../../src/deliveries/sql/claims/settle.ts'
import type { Settlement } from '../../../../src/deliveries/sql/claims/settle.ts'
import { fromNow, openRows } from '../../open-rows.ts'
import type { Fields } from '../../open-rows.ts'

const { database, frozen, insertConnection, insertNotification, insertDelivery, insertClaim, readDelivery } = await openRows(t)
const { sql } = database

const minute = 60
const inMinutes = (count: number): number => Date.now() + count * minute * 1000
const refusal = new ProviderError({ kind: 'unauthorized', reason: 'tokenRevoked' }, 'pushbullet.example', 401)
const unauthorized = (): Outcome => errorOutcome(refusal, 0, Date.now(), 1)
const limitedUntil = (retryAt: number): Outcome =>
  errorOutcome(new ProviderError({ kind: 'rateLimited', reason: 'tooMany', retryAt }, 'pushbullet.example', 429), 0, Date.now(), 1)
const retrying = (): Outcome => waitOutcome(inMinutes(5), 'breakerOpen')
const sent = (): Outcome => sentOutcome({ id: 'p1' }, 1)
const failed = (): Outcome => errorOutcome(new ProviderError({ kind: 'rejected', reason: 'tooLong' }, 'pushbullet.example', 400), 0, Date.now(), 1)
const perhapsArrived = (): Outcome =>
  errorOutcome(new ProviderError({ kind: 'transient', reason: 'r', mayHaveArrived: true }, 'mail.example'), 4, Date.now(), 1)

/** A delivery that a claim owns, sent with credentials of version 1. */
async function hold ({ notification, connection }: { notification?: Fields, connection?: Fields } = {}) {
  const connectionId = await insertConnection(connection)
  const id = await insertNotification(notification)
  await insertDelivery(id, connectionId, { job_id: 'job' })
  const claimId = await insertClaim(id, [connectionId])
  const delivery = {
    notificationId: id,
    connectionId,
    host: '',
    attempts: 0,
    grantId: connectionId,
    credentials: 'sealed',
    credentialsVersion: 1,
    target: null,
    isExpired: false,
    expiresInMs: null,
    probedHost: null
  }
  return {
    id,
    connectionId,
    claimId,
    delivery,
    settleAs: (outcome: Outcome, fields: { claimId?: string, isLast?: boolean } = {}) =>
      settle(database, { claimId, settlements: [{ delivery, outcome }], isLast: true, now: Date.now(), ...fields }),
    read: () => readDelivery(id, connectionId)
  }
}

async function readConnection (id: string) {
  const [row] = await sql<Array<{ status: string, reason: string | null, seconds: number | null }>>`
    select status, status_reason as reason, extract(epoch from limited_until - now())::float8 as seconds from connections where id = ${id}`
  return row
}

interface Case {
  what: string
  outcome: () => Outcome
  notification?: Fields
  /** Changes of the connection since the claim. */
  connection?: Fields
  becomes: object
  status?: string
}

const canceled = { canceled_at: fromNow(-1) }
const paused = { paused_at: fromNow(-1) }
const revoked = { status: 'revoked', status_reason: 'left' }
const reconnected = { version: 2 }

const cases: Case[] = [
  { what: 'sent', outcome: sent, becomes: { state: 'sent', attempts: 1, reason: null, due: null } },
  { what: 'retrying', outcome: retrying, becomes: { state: 'retrying', attempts: 0, reason: 'breakerOpen', due: 'later' } },
  { what: 'handed back', outcome: handedBack, becomes: { state: 'retrying', attempts: 0, reason: 'handedBack', due: 'due' } },
  { what: 'perhaps arrived', outcome: perhapsArrived, becomes: { state: 'unknown', attempts: 1, reason: 'r', due: null } },
  {
    what: 'perhaps arrived, and its caller wants it again',
    outcome: perhapsArrived,
    notification: { on_unknown: 'resend' },
    becomes: { state: 'retrying', attempts: 1, reason: 'r', due: 'later' }
  },
  { what: 'perhaps arrived, and canceled meanwhile', outcome: perhapsArrived, notification: canceled, becomes: { state: 'unknown' } },
  { what: 'failed', outcome: failed, becomes: { state: 'failed', attempts: 1, reason: 'tooLong', due: null } },
  { what: 'unauthorized', outcome: unauthorized, becomes: { state: 'parked', attempts: 1, reason: 'tokenRevoked', due: null }, status: 'needsReauth' },
  { what: 'expired', outcome: expiredOutcome, becomes: { state: 'expired', attempts: 0, reason: 'expired', due: null } },
  { what: 'parked', outcome: () => parkedOutcome('dead', false), becomes: { state: 'parked', attempts: 0, reason: 'dead' } },

  { what: 'sent, and canceled meanwhile', outcome: sent, notification: canceled, becomes: { state: 'sent' } },
  { what: 'failed, and canceled meanwhile', outcome: failed, notification: canceled, becomes: { state: 'failed' } },
  { what: 'retrying, and canceled meanwhile', outcome: retrying, notification: canceled, becomes: { state: 'canceled', reason: 'canceled', due: null } },
  { what: 'parked, and canceled meanwhile', outcome: unauthorized, notification: canceled, becomes: { state: 'canceled', reason: 'canceled' }, status: 'needsReauth' },
  { what: 'sent, and paused meanwhile', outcome: sent, notification: paused, becomes: { state: 'sent', due: null } },
  { what: 'retrying, and paused meanwhile', outcome: retrying, notification: paused, becomes: { state: 'retrying', due: 'held' } },
  { what: 'parked, and paused meanwhile', outcome: unauthorized, notification: paused, becomes: { state: 'parked', due: null }, status: 'needsReauth' },
  { what: 'sent, and disconnected meanwhile', outcome: sent, connection: revoked, becomes: { state: 'sent' }, status: 'revoked' },
  { what: 'retrying, and disconnected meanwhile', outcome: retrying, connection: revoked, becomes: { state: 'skipped', reason: 'disconnected', due: null }, status: 'revoked' },
  { what: 'parked, and disconnected meanwhile', outcome: unauthorized, connection: revoked, becomes: { state: 'skipped', reason: 'disconnected' }, status: 'revoked' },
  { what: 'retrying, disconnected and canceled meanwhile', outcome: retrying, connection: revoked, notification: canceled, becomes: { state: 'skipped' }, status: 'revoked' },

  { what: 'unauthorized, and reconnected meanwhile', outcome: unauthorized, connection: reconnected, becomes: { state: 'retrying', due: 'due' } },
  { what: 'unauthorized, reconnected and paused meanwhile', outcome: unauthorized, connection: reconnected, notification: paused, becomes: { state: 'retrying', due: 'held' } },
  { what: 'retrying, and reconnected meanwhile', outcome: retrying, connection: reconnected, becomes: { state: 'retrying', due: 'later' } },
  {
    what: 'unauthorized while another process refreshes',
    outcome: unauthorized,
    connection: { lease_owner: 'w', lease_until: fromNow(minute) },
    becomes: { state: 'parked', reason: 'tokenRevoked' }
  },
  {
    what: 'unauthorized when a refresher has died',
    outcome: unauthorized,
    connection: { lease_owner: 'w', lease_until: fromNow(-minute) },
    becomes: { state: 'parked', reason: 'tokenRevoked' },
    status: 'needsReauth'
  },
  {
    what: 'unauthorized for a connection that needs its user already',
    outcome: unauthorized,
    connection: { status: 'needsReauth', status_reason: 'earlier' },
    becomes: { state: 'parked', reason: 'tokenRevoked' },
    status: 'needsReauth'
  }
]

for (const { what, outcome, notification = {}, connection = {}, becomes, status = 'active' } of cases) {
  t.test(`settles ${what}: ${JSON.stringify(becomes)}`, async (t) => {
    const { settleAs, read, connectionId, claimId } = await hold({ notification, connection })
    const wakes = await settleAs(outcome())
    const after = await read()
    t.match(after, { ...becomes, jobId: null, claimId: null })
    t.equal(after?.events.length, 2)
    t.equal(wakes.length, after?.due === 'due' || after?.due === 'later' ? 1 : 0)
    t.match(await readConnection(connectionId), { status })
    const isNew = status === 'needsReauth' && connection['status'] === undefined
    t.equal((await listEvents(database, connectionId)).length, isNew ? 1 : 0, 'it records an event when the status changes')
    t.same([...await sql`select from claims where id = ${claimId}`], [])
  })
}

t.test('changes only deliveries that this claim still owns', async (t) => {
  const taken = await hold()
  await sql`update deliveries set claim_id = ${newId()} where notification_id = ${taken.id}`
  const before = await taken.read()
  t.same(await taken.settleAs(retrying()), [])
  t.same(await taken.read(), before, 'another claim owns it')

  const foreign = await hold()
  await foreign.settleAs(sent(), { claimId: newId() })
  t.match(await foreign.read(), { state: 'sending' }, 'the claim does not exist')

  const retaken = await hold()
  await sql`delete from claims where id = ${retaken.claimId}`
  await retaken.settleAs(sent())
  t.match(await retaken.read(), { state: 'sending' }, 'the claim was reclaimed')
})

t.test('changes only the given deliveries', async (t) => {
  const { id, connectionId, delivery, claimId } = await hold()
  const other = await insertConnection()
  const another = await insertNotification()
  await insertDelivery(id, other)
  await insertDelivery(another, connectionId)
  for (const [notificationId, one] of [[id, other], [another, connectionId]] as const) {
    await sql`update deliveries set state = 'sending', due_at = null, claim_id = ${claimId} where notification_id = ${notificationId} and connection_id = ${one}`
  }
  await settle(database, { claimId, settlements: [{ delivery, outcome: sent() }], isLast: false, now: Date.now() })
  t.match([await readDelivery(id, connectionId), await readDelivery(id, other), await readDelivery(another, connectionId)], [
    { state: 'sent' }, { state: 'sending' }, { state: 'sending' }
  ])
})

t.test('keeps the claim until its last outcomes', async (t) => {
  const { settleAs, claimId } = await hold()
  const other = await hold()
  await settleAs(sent(), { isLast: false })
  t.equal((await sql`select from claims where id = ${claimId}`).length, 1)
  await settleAs(sent(), { isLast: true })
  t.equal((await sql`select from claims where id = ${claimId}`).length, 0)
  t.equal((await sql`select from claims where id = ${other.claimId}`).length, 1)
})

t.test('settling twice equals settling once', async (t) => {
  const { settleAs, read } = await hold()
  await settleAs(retrying(), { isLast: false })
  const before = await read()
  t.same(await settleAs(retrying(), { isLast: false }), [])
  t.match(await read(), { ...before, seconds: Number })
})

t.test("records a connection's rate limit", async (t) => {
  for (const [what, connection, minutes, expected] of [
    ['nothing known', {}, 5, 5],
    ['a shorter limit known', { limited_until: fromNow(2 * minute) }, 5, 5],
    ['a longer limit known', { limited_until: fromNow(20 * minute) }, 5, 20],
    ['reconnected since', reconnected, 5, undefined],
    ['disconnected since', revoked, 5, undefined],
    ['in need of its user', { status: 'needsReauth', status_reason: 'x' }, 5, undefined]
  ] as const) {
    const { settleAs, connectionId } = await hold({ connection })
    await settleAs(limitedUntil(inMinutes(minutes)))
    const found = await readConnection(connectionId)
    t.equal(typeof found?.seconds === 'number' ? Math.round(found.seconds / minute) : undefined, expected, what)
  }
  const { settleAs, connectionId } = await hold({ connection: { limited_until: fromNow(20 * minute) } })
  await settleAs(unauthorized())
  t.ok(((await readConnection(connectionId))?.seconds ?? 0) > 10 * minute, 'it keeps the limit when it records another result')
})

interface Learned {
  what: string
  outcomes: Array<[version: number, Outcome]>
  expected: { status: string, minutes: number }
}

for (const { what, outcomes, expected } of [
  { what: 'the longest wait', outcomes: [[2, limitedUntil(inMinutes(2))], [2, limitedUntil(inMinutes(9))]], expected: { status: 'active', minutes: 9 } },
  { what: 'a wait and a refusal', outcomes: [[2, limitedUntil(inMinutes(9))], [2, unauthorized()]], expected: { status: 'needsReauth', minutes: 9 } },
  { what: 'a refusal twice', outcomes: [[2, unauthorized()], [2, unauthorized()]], expected: { status: 'needsReauth', minutes: 0 } },
  { what: 'not the refusal of credentials that were replaced', outcomes: [[1, unauthorized()], [2, limitedUntil(inMinutes(9))]], expected: { status: 'active', minutes: 9 } },
  { what: 'not the limit of credentials that were replaced', outcomes: [[1, limitedUntil(inMinutes(9))], [2, unauthorized()]], expected: { status: 'needsReauth', minutes: 0 } }
] satisfies Learned[] as Learned[]) {
  t.test(`settles several outcomes for a connection: ${what}`, async (t) => {
    const { connectionId, delivery, claimId } = await hold({ connection: { version: 2 } })
    const settlements: Settlement[] = []
    for (const [version, outcome] of outcomes) {
      const notificationId = await insertNotification()
      await insertDelivery(notificationId, connectionId)
      await sql`update deliveries set state = 'sending', due_at = null, claim_id = ${claimId} where notification_id = ${notificationId}`
      settlements.push({ delivery: { ...delivery, notificationId, credentialsVersion: version }, outcome })
    }
    await settle(database, { claimId, settlements, isLast: true, now: Date.now() })
    const found = await readConnection(connectionId)
    t.same({ status: found?.status, minutes: Math.round((found?.seconds ?? 0) / minute) }, expected)
    t.equal((await listEvents(database, connectionId)).length, expected.status === 'needsReauth' ? 1 : 0)
  })
}

t.test('records the right result for each connection', async (t) => {
  const [dead, slow] = [await hold(), await hold()]
  await sql`update deliveries set claim_id = ${dead.claimId} where notification_id = ${slow.id}`
  await settle(database, {
    claimId: dead.claimId,
    settlements: [
      { delivery: dead.delivery, outcome: unauthorized() }, { delivery: slow.delivery, outcome: limitedUntil(inMinutes(9)) }
    ],
    isLast: true,
    now: Date.now()
  })
  t.match(await readConnection(dead.connectionId), { status: 'needsReauth', seconds: null })
  t.match(await readConnection(slow.connectionId), { status: 'active', seconds: Number })
})

t.test('locks connections in the order of their ids, in any order of outcomes', async (t) => {
  const held = await Promise.all(Array.from({ length: 6 }, () => hold()))
  const ids = held.map(({ connectionId }) => connectionId).sort()
  const claimId = held[0]?.claimId ?? ''
  await sql`update deliveries set claim_id = ${claimId} where connection_id = any (${ids}::uuid[])`
  await frozen.sql`begin`
  t.teardown(() => frozen.sql`rollback`)
  await frozen.sql`select from connections where id = ${ids[3] ?? ''} for no key update`
  const settling = settle(database, {
    claimId,
    settlements: held.toReversed().map(({ delivery }) => ({ delivery, outcome: limitedUntil(inMinutes(9)) })),
    isLast: true,
    now: Date.now()
  })
  await until(async () => (await sql`
    select from pg_stat_activity where datname = current_database() and cardinality(pg_blocking_pids(pid)) > 0`).length > 0)
  const free = await sql`select id from connections where id = any (${ids}::uuid[]) order by id for no key update skip locked`
  await frozen.sql`rollback`
  await settling
  t.same(free.map((row) => row['id']), ids.slice(4), 'connections after the locked one are still free')
})

t.test('does not wait for a lock on another connection', async (t) => {
  const other = await insertConnection()
  await frozen.sql`begin`
  t.teardown(() => frozen.sql`rollback`)
  await frozen.sql`update connections set updated_at = now() where id = ${other}`
  const { settleAs, read } = await hold()
  await settleAs(unauthorized())
  t.match(await read(), { state: 'parked' })
})

t.test('returns one wake-up for deliveries that are due together', async (t) => {
  const first = await hold()
  const second = await insertConnection()
  await insertDelivery(first.id, second)
  await sql`update deliveries set state = 'sending', due_at = null, claim_id = ${first.claimId} where connection_id = ${second}`
  const outcome = retrying()
  const wakes = await settle(database, {
    claimId: first.claimId,
    settlements: [first.delivery, { ...first.delivery, connectionId: second }].map((delivery) => ({ delivery, outcome })),
    isLast: true,
    now: Date.now()
  })
  t.match(wakes, [{ provider: 'pushbullet', delayMs: Number }])
  t.equal(wakes.length, 1)
  t.ok(Math.abs((wakes[0]?.delayMs ?? 0) - 5 * minute * 1000) < minute * 1000)
})
