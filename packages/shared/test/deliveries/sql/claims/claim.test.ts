import { newId } from '../../../../src/db/index.ts'
import t from 'tap'
import { claim } from '../../../../src/deliveries/sql/claims/claim.ts'
import { fromNow, openRows } from '../../open-rows.ts'
import type { Fields } from '../../open-rows.ts'

const rows = await openRows(t)
const { database, frozen, insertConnection, insertNotification, insertDelivery, insertHost, insertClaim, readDelivery } = rows
const { sql } = database

interface Case {
  what: string
  notification?: Fields
  connection?: Fields
  delivery?: Fields
  host?: Fields
  becomes: object
  /** The last event of its history. */
  event?: string
}

const minute = 60
const expired = { created_at: fromNow(-10 * minute), expires_at: fromNow(-minute) }
const canceled = { canceled_at: fromNow(-minute) }
const paused = { paused_at: fromNow(-minute) }
const revoked = { status: 'revoked', status_reason: 'left' }
const needsReauth = { status: 'needsReauth', status_reason: 'tokenRevoked' }
const limited = { limited_until: fromNow(10 * minute) }
const open = { host: 'pump.example', breaker: 'open', opens: 1 }

/** Each case differs from the first only in what decides it. */
const cases: Case[] = [
  { what: 'what is due', becomes: { state: 'sending', due: null } },
  { what: 'what is to be retried', delivery: { state: 'retrying', reason: 'down', attempts: 3 }, becomes: { state: 'sending', attempts: 3, reason: 'down' } },
  { what: 'what is due in a minute', delivery: { due_at: fromNow(minute) }, becomes: { state: 'queued', due: 'later' }, event: 'queued' },
  { what: 'what is held by a pause', delivery: { due_at: 'infinity' }, becomes: { state: 'queued', due: 'held' }, event: 'queued' },
  { what: 'what is parked', delivery: { state: 'parked', due_at: null, parked_at: fromNow(-1), reason: 'x' }, becomes: { state: 'parked', reason: 'x' }, event: 'queued' },
  { what: 'what has been sent', delivery: { state: 'sent', due_at: null, attempts: 1, receipt: '{"id":"p"}' }, becomes: { state: 'sent' }, event: 'queued' },

  { what: 'what is canceled', notification: canceled, becomes: { state: 'canceled', reason: 'canceled', due: null, jobId: null }, event: 'canceled' },
  { what: 'what has expired', notification: expired, becomes: { state: 'expired', reason: 'expired', due: null }, event: 'expired' },
  { what: 'what expires later', notification: { expires_at: fromNow(minute) }, becomes: { state: 'sending' } },
  { what: 'what goes to a closed connection', connection: revoked, becomes: { state: 'skipped', reason: 'left', due: null }, event: 'skipped' },
  { what: 'what is paused', notification: paused, becomes: { state: 'queued', reason: 'paused', due: 'held', jobId: null }, event: 'paused' },
  { what: 'what needs its user', connection: needsReauth, becomes: { state: 'parked', reason: 'tokenRevoked', due: null, jobId: null }, event: 'parked' },
  { what: 'what is limited', connection: limited, becomes: { state: 'queued', reason: 'rateLimited', due: 'later', jobId: null }, event: 'wait' },
  { what: 'what was limited until a minute ago', connection: { limited_until: fromNow(-minute) }, becomes: { state: 'sending' } },
  { what: 'a retry that is limited', connection: limited, delivery: { state: 'retrying', reason: 'down' }, becomes: { state: 'retrying', reason: 'rateLimited', due: 'later' }, event: 'wait' },

  { what: 'canceled before expired', notification: { ...expired, ...canceled }, becomes: { state: 'canceled' } },
  { what: 'expired before closed', notification: expired, connection: revoked, becomes: { state: 'expired', reason: 'expired' } },
  { what: 'closed before paused', notification: paused, connection: revoked, becomes: { state: 'skipped' } },
  { what: 'paused before parked', notification: paused, connection: needsReauth, becomes: { state: 'queued', due: 'held', reason: 'paused' } },
  { what: 'parked before limited', connection: { ...needsReauth, ...limited }, becomes: { state: 'parked', reason: 'tokenRevoked' } },

  { what: 'a host whose breaker is open', host: { ...open, retry_at: fromNow(5 * minute) }, becomes: { state: 'queued', reason: 'breakerOpen', due: 'later' }, event: 'wait' },
  { what: 'a host that another worker probes', host: { ...open, breaker: 'probing', retry_at: fromNow(5 * minute) }, becomes: { state: 'queued', reason: 'breakerOpen', due: 'later' }, event: 'wait' },
  { what: 'a host whose probe is due', host: { ...open, retry_at: fromNow(-1) }, becomes: { state: 'sending' } },
  { what: 'a host whose prober has died', host: { ...open, breaker: 'probing', retry_at: fromNow(-1) }, becomes: { state: 'sending' } },
  { what: 'a host that is well', host: { host: 'pump.example' }, becomes: { state: 'sending' } },
  { what: 'a host that asked for silence', host: { host: 'pump.example', silent_until: fromNow(minute) }, becomes: { state: 'queued', reason: 'rateLimited', due: 'later' }, event: 'wait' },
  { what: 'a host whose silence is over', host: { host: 'pump.example', silent_until: fromNow(-minute) }, becomes: { state: 'sending' } },
  { what: 'another host that is down', host: { ...open, host: 'other.example', retry_at: fromNow(minute) }, becomes: { state: 'sending' } },
  { what: 'the same host at another provider', host: { ...open, provider: 'other', retry_at: fromNow(minute) }, becomes: { state: 'sending' } },
  { what: 'canceled at a host that is down', notification: canceled, host: { ...open, retry_at: fromNow(minute) }, becomes: { state: 'canceled' } }
]

for (const { what, notification, connection, delivery, host, becomes, event } of cases) {
  t.test(`claims ${what}: ${JSON.stringify(becomes)}`, async (t) => {
    t.teardown(() => sql`delete from provider_hosts`)
    const connectionId = await insertConnection({ host: host === undefined ? '' : 'pump.example', ...connection })
    const id = await insertNotification(notification)
    await insertDelivery(id, connectionId, { job_id: 'job', ...delivery })
    if (host !== undefined) await insertHost(host)
    const claimed = await claim(database, 'pushbullet', [[id, connectionId]], 60_000)
    const after = await readDelivery(id, connectionId)
    t.match(after, becomes)
    const isSending = 'state' in becomes && becomes.state === 'sending'
    t.equal(claimed.claimed.length, isSending ? 1 : 0)
    t.equal(after?.claimId, isSending ? claimed.id : null)
    t.equal(after?.events.at(-1), event ?? after?.events.at(-1))
    t.equal(after?.events.length, event === undefined || event === 'queued' ? after?.events.length : 2, 'it records one more event')
    t.equal((await sql`select from claims where id = ${claimed.id}`).length, isSending ? 1 : 0, 'a claim exists if it owns a delivery')
    t.equal(claimed.wakes.length, event === 'wait' ? 1 : 0, 'a delivery that waits gets a wake-up')
  })
}

t.test('returns the data that sending needs', async (t) => {
  const connectionId = await insertConnection({ host: 'pump.example', credentials: 'c', version: 7, expires_at: fromNow(-1) })
  const lasting = await insertConnection({ expires_at: fromNow(600) })
  const endless = await insertConnection()
  const id = await insertNotification()
  await insertDelivery(id, connectionId, { attempts: 2 })
  await insertDelivery(id, lasting)
  await insertDelivery(id, endless)
  const { claimed } = await claim(database, 'pushbullet', [[id, connectionId], [id, lasting], [id, endless]], 60_000)
  t.match(claimed.find((one) => one.connectionId === connectionId), {
    notificationId: id, host: 'pump.example', attempts: 2, credentials: 'c', credentialsVersion: 7, isExpired: true, target: null, probedHost: null
  })
  t.match(claimed.find((one) => one.connectionId === lasting), { host: '', isExpired: false })
  t.match(claimed.find((one) => one.connectionId === endless), { isExpired: false })
})

t.test('returns the time until the notification expires', async (t) => {
  const connectionId = await insertConnection()
  const [id, lasting] = [await insertNotification(), await insertNotification()]
  for (const each of [id, lasting]) await insertDelivery(each, connectionId)
  await frozen.sql`begin`
  t.teardown(() => frozen.sql`rollback`)
  await frozen.sql`update notifications set expires_at = now() + interval '90 seconds' where id = ${id}`
  const { claimed } = await claim(frozen, 'pushbullet', [[id, connectionId], [lasting, connectionId]], 60_000)
  t.same(new Map(claimed.map((one) => [one.notificationId, one.expiresInMs])), new Map([[id, 90_000], [lasting, null]]))
})

t.test('stores the claim with notifications, range and lease', async (t) => {
  const connectionIds = (await Promise.all([1, 2, 3].map(() => insertConnection()))).sort()
  const ids = (await Promise.all([1, 2].map(() => insertNotification()))).sort()
  for (const id of ids) for (const connectionId of connectionIds) await insertDelivery(id, connectionId)
  const keys = ids.flatMap((id) => connectionIds.map((connectionId): [string, string] => [id, connectionId])).reverse()
  await frozen.sql`begin`
  t.teardown(() => frozen.sql`rollback`)
  const held = await claim(frozen, 'pushbullet', keys, 60_000)
  t.match(await frozen.sql`
    select provider, notification_ids as ids, first_id as first, last_id as last, extract(epoch from until - now())::int as seconds
    from claims where id = ${held.id}`, [{ provider: 'pushbullet', ids, first: connectionIds[0], last: connectionIds[2], seconds: 60 }])
})

t.test("claims deliveries that are due within a second, because a job may be early by the database's clock", async (t) => {
  const id = await insertNotification()
  const [early, later] = [await insertConnection(), await insertConnection()]
  for (const connectionId of [early, later]) await insertDelivery(id, connectionId)
  await frozen.sql`begin`
  t.teardown(() => frozen.sql`rollback`)
  await frozen.sql`
    update deliveries set due_at = now() + case connection_id when ${early} then 900 else 1100 end * interval '1 millisecond'
    where notification_id = ${id}`
  const { claimed } = await claim(frozen, 'pushbullet', [[id, early], [id, later]], 60_000)
  t.same(claimed.map(({ connectionId }) => connectionId), [early])
})

t.test('records a wait once, when a job runs a moment before its end', async (t) => {
  await frozen.sql`begin`
  t.teardown(() => frozen.sql`rollback`)
  for (const [what, reason, untilMs, events] of [
    ['the same wait', 'rateLimited', 1_400, 1], ['one that lasts longer', 'rateLimited', 2_400, 2], ['a wait for something else', 'down', 1_400, 2]
  ] as const) {
    const connectionId = await insertConnection()
    const id = await insertNotification()
    await insertDelivery(id, connectionId)
    await frozen.sql`update connections set limited_until = now() + ${untilMs}::int * interval '1 millisecond' where id = ${connectionId}`
    await frozen.sql`update deliveries set due_at = now() + interval '900 milliseconds', reason = ${reason} where connection_id = ${connectionId}`
    await claim(frozen, 'pushbullet', [[id, connectionId]], 60_000)
    const [row] = await frozen.sql`select reason, jsonb_array_length(history) as events from deliveries where connection_id = ${connectionId}`
    t.same({ ...row }, { reason: 'rateLimited', events }, what)
  }
})

t.test('skips rows that another process has locked, and does not wait for them', async (t) => {
  const [mine, theirs] = [await insertConnection(), await insertConnection()]
  const id = await insertNotification()
  for (const connectionId of [mine, theirs]) await insertDelivery(id, connectionId)
  await frozen.sql`begin`
  t.teardown(() => frozen.sql`rollback`)
  t.equal((await claim(frozen, 'pushbullet', [[id, theirs]], 60_000)).claimed.length, 1)
  const both = await claim(database, 'pushbullet', [[id, mine], [id, theirs]], 60_000)
  t.same(both.claimed.map(({ connectionId }) => connectionId), [mine])
})

t.test('skips deliveries that another claim is sending', async (t) => {
  const connectionId = await insertConnection()
  const id = await insertNotification()
  await insertDelivery(id, connectionId)
  const claimId = await insertClaim(id, [connectionId])
  t.same((await claim(database, 'pushbullet', [[id, connectionId]], 60_000)).claimed, [])
  t.match(await readDelivery(id, connectionId), { state: 'sending', claimId })
})

t.test('claims only the given keys', async (t) => {
  const [asked, other] = [await insertConnection(), await insertConnection()]
  const [id, another] = [await insertNotification(), await insertNotification()]
  await insertDelivery(id, asked)
  await insertDelivery(id, other)
  await insertDelivery(another, asked)
  const { claimed } = await claim(database, 'pushbullet', [[id, asked], [newId(), other]], 60_000)
  t.match(claimed, [{ notificationId: id, connectionId: asked }])
  t.match([await readDelivery(id, other), await readDelivery(another, asked)], [{ state: 'queued' }, { state: 'queued' }])
})

t.test('admits one delivery as the probe of a host, and the others wait', async (t) => {
  t.teardown(() => sql`delete from provider_hosts`)
  const id = await insertNotification()
  const later = await insertNotification()
  const connectionIds = await Promise.all(Array.from({ length: 3 }, () => insertConnection({ host: 'pump.example' })))
  for (const connectionId of connectionIds) for (const each of [id, later]) await insertDelivery(each, connectionId)
  await insertHost({ ...open, retry_at: fromNow(-1) })
  await insertHost({ ...open, host: 'idle.example', retry_at: fromNow(-1) })
  await insertHost({ ...open, provider: 'other', retry_at: fromNow(-1) })
  const keys = [later, id].flatMap((each) => connectionIds.map((connectionId): [string, string] => [each, connectionId]))
  const { claimed, wakes } = await claim(database, 'pushbullet', keys, 60_000)
  t.match(claimed, [{ notificationId: id, probedHost: 'pump.example' }], 'of the oldest notification')
  t.equal(claimed.length, 1)
  t.equal(wakes.length, 5)
  t.ok(wakes.every(({ delayMs }) => delayMs <= 1_000), 'and retry soon')
  t.match(await sql`select provider, host, breaker, retry_at > now() + interval '20 seconds' as "isKept" from provider_hosts order by 1, 2`, [
    { provider: 'other', breaker: 'open' },
    { provider: 'pushbullet', host: 'idle.example', breaker: 'open' },
    { provider: 'pushbullet', host: 'pump.example', breaker: 'probing', isKept: true }
  ])
})

t.test('waits until the later end of an open breaker and a rate limit', async (t) => {
  t.teardown(() => sql`delete from provider_hosts`)
  for (const [host, fields, seconds] of [
    ['down', { breaker: 'open', retry_at: fromNow(300) }, 300], ['silent', { silent_until: fromNow(200) }, 200],
    ['both', { breaker: 'open', retry_at: fromNow(100), silent_until: fromNow(400) }, 400],
    ['probing', { breaker: 'probing', retry_at: fromNow(300) }, 1]
  ] as const) {
    const connectionId = await insertConnection({ host })
    const id = await insertNotification()
    await insertDelivery(id, connectionId)
    await insertHost({ host, ...fields })
    const { wakes } = await claim(database, 'pushbullet', [[id, connectionId]], 60_000)
    t.ok(Math.abs((wakes[0]?.delayMs ?? Infinity) / 1000 - seconds) < 60, `${host}: ${wakes[0]?.delayMs} ms`)
  }
})

t.test("ignores the state of the provider's own host, which admit has checked", async (t) => {
  t.teardown(() => sql`delete from provider_hosts`)
  const connectionId = await insertConnection()
  const id = await insertNotification()
  await insertDelivery(id, connectionId)
  await insertHost({ host: '', breaker: 'open', retry_at: fromNow(-1) })
  t.match((await claim(database, 'pushbullet', [[id, connectionId]], 60_000)).claimed, [{ probedHost: null }])
  t.match(await sql`select breaker from provider_hosts`, [{ breaker: 'open' }])
})
