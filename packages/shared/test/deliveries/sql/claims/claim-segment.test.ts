import t from 'tap'
import { claimSegment } from '../../../../src/deliveries/sql/claims/claim-segment.ts'
import type { SegmentRequest } from '../../../../src/deliveries/sql/claims/claim-segment.ts'
import { fromNow, openRows } from '../../open-rows.ts'
import type { Fields } from '../../open-rows.ts'

const { database, frozen, insertConnection, insertNotification, insertHost, readDelivery } = await openRows(t)
const { sql } = database
// Each broadcast goes to all connections in the database.
t.beforeEach(async () => { await sql`delete from connections` })

const everyone = { audience: '{"everyone":true}' }
const firstId = '00000000-0000-0000-0000-000000000000'

/** A broadcast with one segment from `afterId` to the last of `connectionIds`. */
async function insertSegment (
  connectionIds: string[],
  { notification = {}, segment = {}, progress = {} }: { notification?: Fields, segment?: Fields, progress?: Fields } = {}
): Promise<string> {
  const id = await insertNotification({ ...everyone, ...notification })
  const size = connectionIds.length
  const lastId = connectionIds.toSorted().at(-1) ?? ''
  await sql`insert into progress ${sql({
    notification_id: id, provider: 'pushbullet', audience: size, planned_to: lastId, planned: size, queued: size, is_planned: true, ...progress
  })}`
  await sql`insert into segments ${sql({
    notification_id: id, provider: 'pushbullet', number: 0, after_id: firstId, last_id: lastId, size, due_at: fromNow(-1), ...segment
  })}`
  return id
}

const requestFor = (notificationId: string, fields: Partial<SegmentRequest> = {}): SegmentRequest =>
  ({ provider: 'pushbullet', segment: { notificationId, number: 0 }, max: 500, restMs: 0, leaseMs: 60_000, ...fields })
const insertMany = async (count: number, fields: Fields = {}): Promise<string[]> =>
  (await Promise.all(Array.from({ length: count }, () => insertConnection(fields)))).sort()
const readProgress = async (id: string) => (await sql`
  select audience, queued, sending, parked, skipped, canceled, expired, ended_at is not null as "isEnded" from progress where notification_id = ${id}`)[0]
const readSegment = async (id: string) => (await sql<Array<{ size: number, after_id: string, seconds: number }>>`
  select size, after_id, extract(epoch from due_at - now())::float8 as seconds from segments where notification_id = ${id}`)[0]

interface Case {
  what: string
  notification?: Fields
  connection?: Fields
  host?: Fields
  /** Undefined: the connection does not belong to the audience. */
  becomes: object | undefined
}

const minute = 60
const expired = { expires_at: fromNow(-minute) }
const canceled = { canceled_at: fromNow(-minute) }
const revoked = { status: 'revoked', status_reason: 'left', disconnected_at: fromNow(-minute) }
const needsReauth = { status: 'needsReauth', status_reason: 'tokenRevoked' }
const limited = { limited_until: fromNow(10 * minute) }
const pump = { host: 'pump.example' }
const open = { ...pump, breaker: 'open', opens: 1, retry_at: fromNow(5 * minute) }

/** Each case differs from the first only in what decides it. */
const cases: Case[] = [
  { what: 'an active connection', becomes: { state: 'sending', events: [] } },
  { what: 'a broadcast that is canceled', notification: canceled, becomes: { state: 'canceled', reason: 'canceled', events: ['canceled'] } },
  { what: 'a broadcast that has expired', notification: expired, becomes: { state: 'expired', reason: 'expired', events: ['expired'] } },
  { what: 'a broadcast that expires later', notification: { expires_at: fromNow(minute) }, becomes: { state: 'sending' } },
  { what: 'a connection closed since', connection: revoked, becomes: { state: 'skipped', reason: 'left', due: null, events: ['skipped'] } },
  { what: 'a connection that needs its user', connection: needsReauth, becomes: { state: 'parked', reason: 'tokenRevoked', due: null, events: ['parked'] } },
  { what: 'a connection that is limited', connection: limited, becomes: { state: 'queued', reason: 'rateLimited', due: 'later', events: ['wait'] } },
  { what: 'a connection whose limit is over', connection: { limited_until: fromNow(-minute) }, becomes: { state: 'sending' } },
  { what: 'a host whose breaker is open', connection: pump, host: open, becomes: { state: 'queued', reason: 'breakerOpen', due: 'later', events: ['wait'] } },
  { what: 'a host that is probed', connection: pump, host: { ...open, breaker: 'probing' }, becomes: { state: 'queued', reason: 'breakerOpen', events: ['wait'] } },
  { what: 'a host that asked for silence', connection: pump, host: { ...pump, silent_until: fromNow(minute) }, becomes: { state: 'queued', reason: 'rateLimited', due: 'later' } },
  { what: 'a host whose silence is over', connection: pump, host: { ...pump, silent_until: fromNow(-minute) }, becomes: { state: 'sending' } },
  { what: 'another host that is down', connection: pump, host: { ...open, host: 'other.example' }, becomes: { state: 'sending' } },
  { what: 'the same host at another provider', connection: pump, host: { ...open, provider: 'other' }, becomes: { state: 'sending' } },
  { what: 'the provider\'s own host, of which admission knows', host: { ...open, host: '' }, becomes: { state: 'sending' } },

  { what: 'canceled before expired', notification: { ...expired, ...canceled }, becomes: { state: 'canceled', reason: 'canceled' } },
  { what: 'expired before closed', notification: expired, connection: revoked, becomes: { state: 'expired', reason: 'expired' } },
  { what: 'parked before limited', connection: { ...needsReauth, ...limited }, becomes: { state: 'parked', reason: 'tokenRevoked' } },
  { what: 'the breaker before a limit', connection: { ...pump, ...limited }, host: open, becomes: { state: 'queued', reason: 'breakerOpen' } },

  { what: 'a connection made since', connection: { connected_at: fromNow(-minute) }, becomes: undefined },
  { what: 'a connection closed before', connection: { ...revoked, disconnected_at: fromNow(-3_000) }, becomes: undefined },
  { what: 'a connection at another provider', connection: { provider: 'other' }, becomes: undefined }
]

for (const { what, notification = {}, connection = {}, host, becomes } of cases) {
  t.test(`claims a segment for ${what}: ${JSON.stringify(becomes)}`, async (t) => {
    t.teardown(() => sql`delete from provider_hosts`)
    const connectionId = await insertConnection(connection)
    const id = await insertSegment([connectionId], { notification })
    if (host !== undefined) await insertHost(host)
    const claim = await claimSegment(database, requestFor(id))
    const after = await readDelivery(id, connectionId)
    if (becomes === undefined) t.equal(after, undefined)
    else t.match(after, becomes)
    const isSending = after?.state === 'sending'
    t.equal(claim?.claimed.length, isSending ? 1 : 0)
    t.equal(after?.claimId ?? null, isSending ? claim?.id : null)
    t.equal((await sql`select from claims where id = ${claim?.id ?? ''}`).length, isSending ? 1 : 0)
    t.equal(claim?.wakes.length, after?.state === 'queued' ? 1 : 0)
    t.equal(await readSegment(id), undefined, 'the segment is deleted')
  })
}

t.test('skips connections of teams', async (t) => {
  const connectionId = await insertConnection()
  const [{ userId, teamId }] = await sql<[{ userId: string, teamId: string }]>`
    select user_id as "userId", gen_random_uuid() as "teamId" from connections where id = ${connectionId}`
  await sql`insert into teams (id, external_id, name, owner_id) values (${teamId}, ${teamId}, 'Crew', ${userId})`
  await sql`update connections set user_id = null, team_id = ${teamId} where id = ${connectionId}`
  const id = await insertSegment([connectionId])
  t.match(await claimSegment(database, requestFor(id)), { claimed: { length: 0 } })
  t.equal(await readDelivery(id, connectionId), undefined)
})

t.test('does not claim a segment that is not due, paused, of another provider, or deleted', async (t) => {
  const [connectionId = ''] = await insertMany(1)
  const due = await insertSegment([connectionId])
  for (const [what, id, fields] of [
    ['not due', await insertSegment([connectionId], { segment: { due_at: fromNow(minute) } }), {}],
    ['paused', await insertSegment([connectionId], { notification: { paused_at: fromNow(-minute) } }), {}],
    ['another provider\'s', due, { provider: 'other' }],
    ['another number', due, { segment: { notificationId: due, number: 1 } }]
  ] as const) {
    t.equal(await claimSegment(database, requestFor(id, fields)), undefined, what)
    t.match(await readSegment(id), { size: 1 }, what)
  }
})

t.test('claims a segment that is due within a second', async (t) => {
  const [connectionId = ''] = await insertMany(1)
  const [early, later] = [await insertSegment([connectionId]), await insertSegment([connectionId])]
  await frozen.sql`begin`
  t.teardown(() => frozen.sql`rollback`)
  await frozen.sql`
    update segments set due_at = now() + case notification_id when ${early} then 900 else 1100 end * interval '1 millisecond'
    where notification_id in (${early}, ${later})`
  t.equal((await claimSegment(frozen, requestFor(early)))?.claimed.length, 1)
  t.equal(await claimSegment(frozen, requestFor(later)), undefined)
})

t.test('returns the time until the notification expires', async (t) => {
  const id = await insertSegment(await insertMany(1))
  await frozen.sql`begin`
  t.teardown(() => frozen.sql`rollback`)
  await frozen.sql`update notifications set expires_at = now() + interval '90 seconds' where id = ${id}`
  t.match((await claimSegment(frozen, requestFor(id)))?.claimed, [{ expiresInMs: 90_000 }])
})

t.test('reports which credentials have expired', async (t) => {
  const [endless, lasting] = [await insertConnection(), await insertConnection({ expires_at: fromNow(minute) })]
  const over = await insertConnection({ expires_at: fromNow(-minute) })
  const claim = await claimSegment(database, requestFor(await insertSegment([endless, lasting, over])))
  t.equal(claim?.claimed.length, 3)
  t.same(claim?.claimed.filter(({ isExpired }) => isExpired).map(({ connectionId }) => connectionId), [over])
})

t.test('ends and shortens only its own segment', async (t) => {
  const members = await insertMany(2)
  const id = await insertSegment(members)
  const other = await insertSegment(members)
  const lastId = members.at(-1) ?? ''
  for (const [provider, number] of [['pushbullet', 1], ['other', 0]] as const) {
    await sql`insert into segments ${sql({
      notification_id: id, provider, number, after_id: firstId, last_id: lastId, size: 2, due_at: fromNow(-1)
    })}`
  }
  await sql`insert into progress ${sql({
    notification_id: id, provider: 'other', audience: 2, planned_to: lastId, planned: 2, queued: 2
  })}`
  const readAll = async () => (await sql`
    select segments.notification_id, segments.provider, number, size, after_id, progress.queued from segments
    join progress using (notification_id, provider) order by 1, 2, 3`).map((row) => ({ ...row }))
  const isOwn = (row: Record<string, unknown>): boolean =>
    row['notification_id'] === id && row['provider'] === 'pushbullet' && row['number'] === 0
  const others = (await readAll()).filter((row) => !isOwn(row)).map(({ queued: _, ...row }) => row)
  for (const left of [1, 0]) {
    await claimSegment(database, requestFor(id, { max: 1 }))
    const rows = await readAll()
    t.equal(rows.filter(isOwn).length, left)
    t.same(rows.filter((row) => !isOwn(row)).map(({ queued: _, ...row }) => row), others)
    t.match(rows.find((row) => row['provider'] === 'other'), { queued: 2 }, 'the progress of another provider is unchanged')
    t.match(rows.find((row) => row['notification_id'] === other), { queued: 2 }, 'and of another notification')
    await sql`update segments set due_at = now()`
  }
})

t.test('skips a segment that another process has locked, and does not wait for it', async (t) => {
  const id = await insertSegment(await insertMany(2))
  await frozen.sql`begin`
  t.teardown(() => frozen.sql`rollback`)
  t.equal((await claimSegment(frozen, requestFor(id)))?.claimed.length, 2)
  t.equal(await claimSegment(database, requestFor(id)), undefined)
})

t.test('claims the first connections within the range, up to the limit', async (t) => {
  const [before = '', first = '', second = '', third = '', beyond = ''] = await insertMany(5)
  const id = await insertSegment([before, first, second, third], {
    segment: { after_id: before, last_id: third, size: 3 }, progress: { queued: 3, audience: 3 }
  })
  const part = await claimSegment(database, requestFor(id, { max: 2, restMs: 90_000 }))
  t.same(part?.claimed.map(({ connectionId }) => connectionId).sort(), [first, second])
  t.match(part?.claimed, [{ attempts: 0, probedHost: null }, { attempts: 0, probedHost: null }])
  t.match(part?.rest, { notificationId: id, provider: 'pushbullet', number: 0, delayMs: 90_000 })
  const rest = await readSegment(id)
  t.match(rest, { size: 1, after_id: second })
  t.ok(Math.abs((rest?.seconds ?? 0) - 90) < 60)
  t.match(await readProgress(id), { queued: 1, sending: 2, audience: 3, isEnded: false })
  t.match((await sql`select first_id as first, last_id as last, notification_ids as ids from claims where id = ${part?.id ?? ''}`)[0], {
    first: before, last: second, ids: [id]
  })

  await sql`update segments set due_at = now()`
  const last = await claimSegment(database, requestFor(id, { max: 2 }))
  t.same(last?.claimed.map(({ connectionId }) => connectionId), [third])
  t.equal(last?.rest, undefined)
  t.equal(await readDelivery(id, before), undefined)
  t.equal(await readDelivery(id, beyond), undefined)
  t.match(await readProgress(id), { queued: 0, sending: 3, audience: 3 })
})

t.test('ends at the end of the range when it is claimed in equal parts', async (t) => {
  const id = await insertSegment(await insertMany(4))
  t.ok((await claimSegment(database, requestFor(id, { max: 2 })))?.rest)
  await sql`update segments set due_at = now()`
  t.equal((await claimSegment(database, requestFor(id, { max: 2 })))?.rest, undefined)
  t.equal(await readSegment(id), undefined)
})

t.test('settles a whole segment at once when nothing may be sent', async (t) => {
  for (const notification of [canceled, expired]) {
    await sql`delete from connections`
    const id = await insertSegment(await insertMany(4), { notification })
    t.match(await claimSegment(database, requestFor(id, { max: 1 })), { claimed: { length: 0 }, rest: undefined })
    t.equal(await readSegment(id), undefined)
    t.match(await readProgress(id), { queued: 0, isEnded: true })
  }
})

t.test('removes former recipients from the audience, and ends a broadcast without any recipients', async (t) => {
  const members = await insertMany(3)
  const id = await insertSegment(members)
  await sql`update connections set connected_at = now() where id in ${sql(members)}`
  t.match(await claimSegment(database, requestFor(id)), { claimed: { length: 0 }, rest: undefined })
  t.match(await readProgress(id), { queued: 0, audience: 0, isEnded: true })
})

t.test('does not end a broadcast with further segments', async (t) => {
  for (const progress of [{ is_planned: false }, { queued: 5 }, { sending: 1 }, { retrying: 1 }]) {
    const members = await insertMany(1)
    const id = await insertSegment(members, { progress })
    await sql`update connections set connected_at = now() where id in ${sql(members)}`
    await claimSegment(database, requestFor(id))
    t.match(await readProgress(id), { isEnded: false }, JSON.stringify(progress))
  }
})

t.test('waits until the latest limit of a connection ends', async (t) => {
  t.teardown(() => sql`delete from provider_hosts`)
  for (const [host, connection, fields, seconds] of [
    ['limited', { limited_until: fromNow(300) }, {}, 300], ['down', {}, { breaker: 'open', retry_at: fromNow(300) }, 300],
    ['silent', { limited_until: fromNow(100) }, { silent_until: fromNow(400) }, 400],
    ['probing', {}, { breaker: 'probing', retry_at: fromNow(300) }, 1]
  ] as const) {
    await sql`delete from connections`
    const connectionId = await insertConnection({ host, ...connection })
    const id = await insertSegment([connectionId])
    await insertHost({ host, ...fields })
    const claim = await claimSegment(database, requestFor(id))
    t.ok(Math.abs((claim?.wakes[0]?.delayMs ?? Infinity) / 1000 - seconds) < 60, `${host}: ${claim?.wakes[0]?.delayMs} ms`)
  }
})
