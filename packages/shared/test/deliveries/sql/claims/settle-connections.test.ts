import { findConnection, listEvents, saveConnections } from '../../../../src/connections/index.ts'
import { newId, openDatabase } from '../../../../src/db/index.ts'
import { ensureUser } from '../../../../src/users/index.ts'
import type { Database } from '../../../../src/db/index.ts'
import { createVault, parseVaultKeys } from '../../../../src/vault/index.ts'
import { ProviderError } from '../../../../src/providers/index.ts'
import { testDatabase, testKeys } from '@carillon/testing'
import t from 'tap'
import { claim } from '../../../../src/deliveries/sql/claims/claim.ts'
import type { Claim } from '../../../../src/deliveries/sql/claims/claim.ts'
import { errorOutcome } from '../../../../src/deliveries/outcome.ts'
import type { Outcome } from '../../../../src/deliveries/outcome.ts'
import { settle } from '../../../../src/deliveries/sql/claims/settle.ts'

const { url } = await testDatabase(t)
// Selects the plan that PostgreSQL uses for many connections and a batch with few of them.
const lookUpOneByOne = `${url}?options=${encodeURIComponent('-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off')}`
const database = openDatabase({ url: lookUpOneByOne, max: 8 })
t.teardown(() => database.close())
const vault = createVault(parseVaultKeys(testKeys()))

async function connectMany (count: number): Promise<string[]> {
  const grants = []
  for (let index = 0; index < count; index++) {
    const name = newId()
    const { id: userId } = await ensureUser(database, { externalId: name })
    grants.push({ userId, provider: 'pushbullet', grant: { credentials: { accessToken: name }, account: { id: name, name } } })
  }
  return (await saveConnections(database, vault, grants)).map(({ id }) => id)
}

/** A batch with one delivery to each of these connections. */
async function hold ({ sql }: Database, connectionIds: string[]): Promise<Claim> {
  const id = newId()
  await sql`insert into notifications (id, origin, audience, message) values (${id}, 'api', '{}', '{"type":"note"}')`
  await sql`
    insert into deliveries (notification_id, connection_id, provider, state, due_at)
    select ${id}, connection_id, 'pushbullet', 'queued', now() from unnest(${connectionIds}::uuid[]) as connection_id`
  return claim(database, 'pushbullet', connectionIds.map((connectionId) => [id, connectionId]), 60_000)
}

function settleAll ({ id, claimed }: Claim, outcome: Outcome) {
  const settlements = claimed.map((delivery) => ({ delivery, outcome }))
  return settle(database, { claimId: id, settlements, isLast: true, now: Date.now() })
}

function learnedLimit (retryAt: number): Outcome {
  return errorOutcome(new ProviderError({ kind: 'rateLimited', reason: 'tooMany', retryAt }, 'pushbullet.example', 429), 0, Date.now(), 1)
}

t.test('concurrent batches with the same connections do not deadlock', async (t) => {
  const connectionIds = await connectMany(500)
  for (let round = 0; round < 5; round++) {
    // The size of the batch determines the order in which PostgreSQL reads it.
    const sets = [500, 60, 400, 90, 250, 120, 500, 200].map((size) => connectionIds.slice(0, size))
    const batches = await Promise.all(sets.map((ids) => hold(database, ids)))
    const settled = await Promise.allSettled(batches.map((batch) => settleAll(batch, learnedLimit(Date.now() + 60_000))))
    const refused = settled.flatMap((each) => each.status === 'rejected' ? [String(each.reason)] : [])
    t.same(refused, [], `round ${round}`)
    await database.sql`update connections set limited_until = null`
  }
})

t.test('marks a token once that several batches find dead', async (t) => {
  const [connectionId = ''] = await connectMany(1)
  const batches = await Promise.all(Array.from({ length: 8 }, () => hold(database, [connectionId])))
  const revoked = new ProviderError({ kind: 'unauthorized', reason: 'tokenRevoked' }, 'pushbullet.example', 401)
  await Promise.all(batches.map((batch) => settleAll(batch, errorOutcome(revoked, 0, Date.now(), 1))))
  t.match(await findConnection(database, connectionId), { status: 'needsReauth', statusReason: 'tokenRevoked' })
  t.match(await listEvents(database, connectionId), [
    { event: 'connection.connected' }, { event: 'connection.needs_reauth', reason: 'tokenRevoked' }
  ])
  t.same(await database.sql`select distinct state from deliveries where connection_id = ${connectionId}`, [{ state: 'parked' }])
})

t.test('does not require another reconnect from a user who has reconnected', async (t) => {
  const [connectionId = ''] = await connectMany(1)
  const batch = await hold(database, [connectionId])
  await database.sql`update grants set version = 2 where id = ${connectionId}`
  const revoked = new ProviderError({ kind: 'unauthorized', reason: 'tokenRevoked' }, 'pushbullet.example', 401)
  t.match(await settleAll(batch, errorOutcome(revoked, 0, Date.now(), 1)), [{ provider: 'pushbullet' }], 'the delivery is due again')
  t.match(await findConnection(database, connectionId), { status: 'active' })
  t.equal((await listEvents(database, connectionId)).length, 1)
})

t.test('parks the delivery of a user who has reconnected and whose new token is dead already', async (t) => {
  const [connectionId = ''] = await connectMany(1)
  const batch = await hold(database, [connectionId])
  await database.sql`update grants set version = 2, status = 'needsReauth' where id = ${connectionId}`
  await database.sql`update connections set status = 'needsReauth', status_reason = 'tokenRevoked' where id = ${connectionId}`
  const revoked = new ProviderError({ kind: 'unauthorized', reason: 'tokenRevoked' }, 'pushbullet.example', 401)
  t.same(await settleAll(batch, errorOutcome(revoked, 0, Date.now(), 1)), [])
  t.same(await database.sql`select state, due_at from deliveries where connection_id = ${connectionId}`, [{ state: 'parked', due_at: null }])
})

t.test('records a wait once, however often a job runs before its end', async (t) => {
  const [connectionId = ''] = await connectMany(1)
  const batch = await hold(database, [connectionId])
  await settleAll(batch, learnedLimit(Date.now() + 60_000))
  const [{ notificationId = '' } = {}] = batch.claimed
  // The database's time does not advance within a transaction, and this pool has one connection.
  const still = openDatabase({ url, max: 1 })
  t.teardown(() => still.close())
  await still.sql`begin`
  await still.sql`
    with limited as (update connections set limited_until = now() + interval '900 milliseconds' where id = ${connectionId} returning limited_until)
    update deliveries set due_at = limited_until from limited where notification_id = ${notificationId}`
  const again = await claim(still, 'pushbullet', [[notificationId, connectionId]], 60_000)
  await still.sql`commit`
  t.match(again, { claimed: [], wakes: [{ provider: 'pushbullet' }] })
  t.same(await historyOf(notificationId), ['wait'])

  await database.sql`update connections set limited_until = now() + interval '1 hour' where id = ${connectionId}`
  await claim(database, 'pushbullet', [[notificationId, connectionId]], 60_000)
  t.same(await historyOf(notificationId), ['wait', 'wait'], 'a longer wait is another event')
})

async function historyOf (notificationId: string): Promise<string[]> {
  const [row] = await database.sql<Array<{ history: Array<{ event: string }> }>>`
    select history from deliveries where notification_id = ${notificationId}`
  return row?.history.map(({ event }) => event) ?? []
}
