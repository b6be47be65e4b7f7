import t from 'tap'
import { newId } from '../../src/db/index.ts'
import { runWithRequestId } from '../../src/log/index.ts'
import {
  accountsToRead, accountWaitMs, addPulls, endAccount, endListing, endPull, findPull, limitAccount, PullLeaseLostError,
  removeOtherDays, renewPull, requestPull, storeAccounts, storeDays, takePulls
} from '../../src/pulls/index.ts'
import type { TakenPull } from '../../src/pulls/index.ts'
import { openTestDatabase } from '../open-test-database.ts'
import { connect } from '../people.ts'

const database = await openTestDatabase(t)
const { sql } = database
const leaseMs = 60_000
const shoes = { id: 'act_1', name: 'Shoes', currency: 'EUR', timezone: 'UTC' }
const day = { day: '2026-01-01', impressions: '1', clicks: '1', spend: '1' }

/** A connection with a pull that is taken, and an account with one day. */
async function openTaken (): Promise<TakenPull> {
  const [id = ''] = await connect(database, [`user-${newId()}`], 'facebook')
  await addPulls(database, 'facebook')
  const taken = (await takePulls(database, 'facebook', { limit: 100, leaseMs })).find(({ connectionId }) => connectionId === id)
  if (taken === undefined) throw new Error('the connection is not due')
  await storeAccounts(database, taken, [shoes])
  await storeDays(database, taken, 'act_1', [day])
  return taken
}

async function stateOf ({ connectionId }: TakenPull): Promise<unknown> {
  return [
    await sql`select state, lease_id, lease_until, due_at, round_at, listed_at, attempts, failure from pulls where connection_id = ${connectionId}`,
    await sql`select account_id, name, pulled_at, pulled_to from ad_accounts where connection_id = ${connectionId} order by account_id`,
    await sql`select day::text, impressions::text from insights where connection_id = ${connectionId} order by day`
  ]
}

const range = { since: '2026-01-01', until: '2026-01-31', days: [] }

/** Every write of a pull, with a lease that another worker has taken over. */
const writes: Record<string, (lost: TakenPull) => Promise<unknown>> = {
  renewPull: (lost) => renewPull(database, lost),
  storeAccounts: (lost) => storeAccounts(database, lost, [{ ...shoes, name: 'Stale' }, { ...shoes, id: 'act_2' }]),
  endListing: (lost) => endListing(database, lost),
  storeDays: (lost) => storeDays(database, lost, 'act_1', [{ ...day, impressions: '9' }, { ...day, day: '2026-01-02' }]),
  removeOtherDays: (lost) => removeOtherDays(database, lost, 'act_1', range),
  endAccount: (lost) => endAccount(database, lost, 'act_1', '2026-01-31')
}

for (const [name, write] of Object.entries(writes)) {
  t.test(`${name} changes nothing once another worker holds the lease`, async (t) => {
    const taken = await openTaken()
    const lost = { ...taken, leaseId: newId() }
    const before = await stateOf(taken)
    await t.rejects(write(lost), PullLeaseLostError)
    t.same(await stateOf(taken), before)
    await t.resolves(write(taken), 'the holder may')
    t.strictNotSame(await stateOf(taken), before)
  })
}

t.test('endPull changes nothing once another worker holds the lease', async (t) => {
  const taken = await openTaken()
  const before = await stateOf(taken)
  await endPull(database, { ...taken, leaseId: newId() }, { kind: 'failed', reason: 'late', delayMs: 0, everyMs: 0 })
  t.same(await stateOf(taken), before)
  await endPull(database, taken, { kind: 'done', everyMs: 1_000 })
  t.match(await findPull(database, taken.connectionId), { state: 'waiting', failure: null, succeededAt: Date })
})

t.test('takePulls skips rows that another transaction has locked, without waiting', async (t) => {
  const [first, second] = [await openTaken(), await openTaken()]
  for (const taken of [first, second]) await endPull(database, taken, { kind: 'later', reason: 'workerStopped', delayMs: 0 })
  await sql.begin(async (other) => {
    await other`select from pulls where connection_id = ${first.connectionId} for update`
    const taken = await takePulls(database, 'facebook', { limit: 100, leaseMs })
    // On a busy machine, the leases of earlier tests may have expired.
    const ids = taken.map(({ connectionId }) => connectionId)
    t.same([first, second].map(({ connectionId }) => ids.includes(connectionId)), [false, true])
  })
})

t.test('takePulls takes pulls that are due or whose lease has expired, of active connections, up to the limit', async (t) => {
  const later = 'now() + interval \'1 hour\''
  const cases: Array<[string, string, boolean]> = [
    ['due', 'update pulls set due_at = now()', true],
    ['not due yet', `update pulls set due_at = ${later}`, false],
    ['read by another', `update pulls set state = 'running', lease_id = gen_random_uuid(), lease_until = ${later}`, false],
    ['left by a worker that died', 'update pulls set state = \'running\', lease_id = gen_random_uuid(), lease_until = now() - interval \'1 second\'', true]
  ]
  for (const [what, change, isTaken] of cases) {
    const taken = await openTaken()
    await endPull(database, taken, { kind: 'later', reason: 'workerStopped', delayMs: 0 })
    await sql.unsafe(`${change} where connection_id = $1`, [taken.connectionId])
    const found = await takePulls(database, 'facebook', { limit: 100, leaseMs })
    t.equal(found.some(({ connectionId }) => connectionId === taken.connectionId), isTaken, what)
  }
  const dead = await openTaken()
  await endPull(database, dead, { kind: 'later', reason: 'workerStopped', delayMs: 0 })
  await sql`update connections set status = 'needsReauth', status_reason = 'x' where id = ${dead.connectionId}`
  t.same(await takePulls(database, 'facebook', { limit: 100, leaseMs }), [], 'the user must reconnect first')

  const three = [await openTaken(), await openTaken(), await openTaken()]
  for (const taken of three) await endPull(database, taken, { kind: 'later', reason: 'workerStopped', delayMs: 0 })
  t.equal((await takePulls(database, 'facebook', { limit: 2, leaseMs })).length, 2)
})

t.test('accountsToRead returns the accounts that were listed and not yet pulled in this round', async (t) => {
  const taken = await openTaken()
  t.equal(await accountsToRead(database, taken), undefined, 'while the list is incomplete')
  await storeAccounts(database, taken, [{ ...shoes, id: 'act_2' }, { ...shoes, id: 'act_3' }])
  await endListing(database, taken)
  await endAccount(database, taken, 'act_2', '2026-01-31')
  await sql`update ad_accounts set listed_at = now() - interval '1 hour' where connection_id = ${taken.connectionId} and account_id = 'act_3'`
  t.same((await accountsToRead(database, taken))?.map(({ accountId }) => accountId), ['act_1'])
})

t.test('removeOtherDays deletes nothing outside its range, or of another account or connection', async (t) => {
  const [taken, other] = [await openTaken(), await openTaken()]
  await storeAccounts(database, taken, [{ ...shoes, id: 'act_2' }])
  const days = ['2025-12-31', '2026-01-01', '2026-01-15', '2026-01-31', '2026-02-01'].map((text) => ({ ...day, day: text }))
  await storeDays(database, taken, 'act_1', days)
  await storeDays(database, taken, 'act_2', days)
  await storeDays(database, other, 'act_1', days)
  await removeOtherDays(database, taken, 'act_1', { ...range, days: ['2026-01-15'] })
  const kept = await sql`
    select day::text from insights where connection_id = ${taken.connectionId} and account_id = 'act_1' order by day`
  t.same(kept.map((row) => row['day']), ['2025-12-31', '2026-01-15', '2026-02-01'])
  const [{ count } = {}] = await sql`
    select count(*)::int from insights where connection_id = ${other.connectionId} or connection_id = ${taken.connectionId} and account_id = 'act_2'`
  t.equal(count, 10)
})

t.test('endAccount and limitAccount change only their own account, and an expired limit does not count', async (t) => {
  const [taken, other] = [await openTaken(), await openTaken()]
  await storeAccounts(database, taken, [{ ...shoes, id: 'act_2' }])
  await endAccount(database, taken, 'act_1', '2026-01-31')
  const read = await sql`select connection_id, account_id from ad_accounts where pulled_to = '2026-01-31'
    and connection_id in (${taken.connectionId}, ${other.connectionId})`
  t.same(read.map((row) => [row['connection_id'], row['account_id']]), [[taken.connectionId, 'act_1']])
  t.equal(await accountWaitMs(database, taken, 'act_2'), 0, 'no limit')
  await limitAccount(database, 'facebook', 'act_2', 600_000)
  t.ok(await accountWaitMs(database, taken, 'act_2') > 300_000)
  t.equal(await accountWaitMs(database, taken, 'act_1'), 0, 'another account')
  await limitAccount(database, 'facebook', 'act_2', -1_000)
  t.equal(await accountWaitMs(database, taken, 'act_2'), 0, 'expired')
})

t.test('addPulls and requestPull add only active connections', async (t) => {
  const [asked = '', other = '', dead = ''] = await connect(database, ['a', 'b', 'c'].map((name) => `${name}-${newId()}`), 'facebook')
  await sql`update connections set status = 'needsReauth', status_reason = 'x' where id = ${dead}`
  t.same([await requestPull(database, asked), await requestPull(database, dead)], [true, false])
  const added = async () => (await sql`
    select connection_id as id from pulls where connection_id in (${asked}, ${other}, ${dead})`).map((row) => row['id'])
  t.same(await added(), [asked])
  await addPulls(database, 'facebook')
  t.same((await added()).sort(), [asked, other].sort())
})

t.test('takePulls takes pulls of its provider, and continues the round of a failed attempt', async (t) => {
  const taken = await openTaken()
  const [other = ''] = await connect(database, [`user-${newId()}`], 'other')
  await addPulls(database, 'other')
  const read = async () => (await sql`select round_at, attempts from pulls where connection_id = ${taken.connectionId}`).map((row) => ({ ...row }))
  const [before] = await read()
  await endPull(database, taken, { kind: 'failed', reason: 'down', delayMs: 0, everyMs: 60_000 })
  t.same(await read(), [{ ...before, attempts: 1 }])
  const again = (await takePulls(database, 'facebook', { limit: 100, leaseMs })).map(({ connectionId }) => connectionId)
  t.ok(again.includes(taken.connectionId))
  t.notOk(again.includes(other))
})

t.test('a round knows the request that asked for it, until it is over', async (t) => {
  const first = await openTaken()
  t.equal(first.requestId, null)
  const take = async () => (await takePulls(database, 'facebook', { limit: 100, leaseMs })).find(({ connectionId }) => connectionId === first.connectionId)
  await endPull(database, first, { kind: 'done', everyMs: 60_000 })
  await runWithRequestId('request-1', () => requestPull(database, first.connectionId))
  const second = await take()
  t.equal(second?.requestId, 'request-1')
  await endPull(database, second ?? first, { kind: 'later', reason: 'rateLimited', delayMs: 0 })
  const third = await take()
  t.equal(third?.requestId, 'request-1', 'another job continues the round')
  await endPull(database, third ?? first, { kind: 'done', everyMs: 0 })
  t.equal((await take())?.requestId, null)
})
