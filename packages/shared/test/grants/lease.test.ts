import t from 'tap'
import {
  markRefused, deferRefresh, disableRefresh, isLeased, readCredentials, releaseLease, storeRefreshed, takeLease
} from '../../src/grants/lease.ts'
import type { Lease } from '../../src/grants/lease.ts'
import { listEvents } from '../../src/connections/index.ts'
import { newId } from '../../src/db/index.ts'
import { countLockWaits, until } from '@carillon/testing'
import { openTestDatabase } from '../open-test-database.ts'
import { connect } from '../people.ts'

const database = await openTestDatabase(t)
const { sql } = database
const leaseMs = 600_000
let people = 0

/** A connection with version 1, and the changes of a test case. `id` identifies it in SQL. */
async function connected (change?: (id: string) => PromiseLike<unknown>): Promise<string> {
  const [id = ''] = await connect(database, [`person-${people++}`])
  await change?.(id)
  return id
}

async function leased (): Promise<Lease> {
  const lease = await takeLease(database, { grantId: await connected(), version: 1, owner: 'us', leaseMs })
  if (lease === undefined) throw new Error('The lease of a new connection is free')
  return lease
}

const endLease = (id: string) => sql`update grants set lease_until = now() - interval '1 second' where id = ${id}`
const moveVersion = (id: string) => sql`update grants set version = version + 1 where id = ${id}`
const moveFence = (id: string) => sql`update grants set fence = fence + 1 where id = ${id}`
const need = (id: string) => sql`
  with refused as (update grants set status = 'needsReauth' where id = ${id})
  update connections set status = 'needsReauth', status_reason = 'x' where id = ${id}`
const close = (id: string) => sql`
  with closed as (update grants set status = 'revoked', credentials = null where id = ${id})
  update connections set status = 'revoked', status_reason = 'x', disconnected_at = now() where id = ${id}`

const [bystander = ''] = await connect(database, ['bystander'])
const readBystander = async (): Promise<object | undefined> => (await sql`
  select * from connections join grants on grants.id = grant_id where connections.id = ${bystander}`)[0]
const untouched = await readBystander()

t.test('takes a lease only on current, active credentials without a lease', async (t) => {
  const hold = (id: string) => sql`update grants set lease_owner = 'they', lease_until = now() + interval '1 hour' where id = ${id}`
  const wait = (id: string, until: string) => sql`update grants set refresh_after = now() + ${until}::interval where id = ${id}`
  const rows: Array<[string, boolean, ((id: string) => PromiseLike<unknown>)?]> = [
    ['nothing is in the way', true],
    ['a newer version', false, moveVersion],
    ['dead credentials', false, need],
    ['a closed connection', false, close],
    ['another process owns the lease', false, hold],
    ['the lease of another process has ended', true, async (id) => { await hold(id); await endLease(id) }],
    ['the token endpoint asked to wait', false, (id) => wait(id, '1 hour')],
    ['it asked to wait until now', true, (id) => wait(id, '-1 second')],
    ['there is no refresh token', false, (id) => disableRefresh(database, id, 1)]
  ]
  for (const [what, isTaken, change] of rows) {
    const id = await connected(change)
    const lease = await takeLease(database, { grantId: id, version: 1, owner: 'us', leaseMs })
    t.match(lease, isTaken ? { grantId: id, credentialsVersion: 1, fence: 1, credentials: String } : undefined, what)
  }
  t.equal(await takeLease(database, { grantId: newId(), version: 1, owner: 'us', leaseMs }), undefined, 'an unknown connection')
  const id = await connected()
  const all = await Promise.all(Array.from({ length: 8 }, () => takeLease(database, { grantId: id, version: 1, owner: 'us', leaseMs })))
  t.equal(all.filter((lease) => lease !== undefined).length, 1, 'only one of concurrent requests gets the lease')
  t.ok(await isLeased(database, id))
  await endLease(id)
  t.notOk(await isLeased(database, id), 'an expired lease does not count')
})

t.test('stores refreshed credentials unless newer ones are stored, whichever process has the lease', async (t) => {
  const rows: Array<[string, { stored: boolean, recovered: boolean }, ((id: string) => PromiseLike<unknown>)?]> = [
    ['its holder', { stored: true, recovered: false }],
    ['a late holder', { stored: true, recovered: false }, endLease],
    ['a late holder with a successor', { stored: true, recovered: false }, moveFence],
    ['after a successor gave the old pair up', { stored: true, recovered: true }, need],
    ['after something newer', { stored: false, recovered: false }, moveVersion],
    ['after a disconnect', { stored: false, recovered: false }, close]
  ]
  for (const [what, result, change] of rows) {
    const lease = await leased()
    const { grantId: id } = lease
    await change?.(id)
    const before = await readCredentials(database, id)
    const { stored, recovered } = await storeRefreshed(database, lease, { credentials: 'v1.new', expiresAt: undefined })
    t.same({ stored, recovered: recovered.length === 1 }, result, what)
    const after = await readCredentials(database, id)
    if (result.stored) t.match(after, { credentials: 'v1.new', credentialsVersion: 2, status: 'active', refreshWaitMs: null }, what)
    else t.same(after, before, `${what}: nothing changes`)
    t.equal(await isLeased(database, id), result.stored ? false : await isLeased(database, id))
    const events = (await listEvents(database, id)).filter(({ event }) => event === 'connection.recovered')
    t.equal(events.length, result.recovered ? 1 : 0, what)
  }
})

t.test('sees that another process marks the old pair as refused while it stores the new one', async (t) => {
  const lease = await leased()
  const other = await sql.reserve()
  await other`begin`
  await other`update grants set status = 'needsReauth' where id = ${lease.grantId}`
  await other`update connections set status = 'needsReauth', status_reason = 'x' where id = ${lease.grantId}`
  const storing = storeRefreshed(database, lease, { credentials: 'v1.new', expiresAt: undefined })
  await until(async () => await countLockWaits(database) === 1, { what: 'the statement that waits for the row' })
  await other`commit`
  other.release()
  t.same(await storing, { stored: true, recovered: [lease.grantId] })
})

t.test('marks credentials as refused only for the latest owner of their lease', async (t) => {
  const rows: Array<[string, boolean, ((id: string) => PromiseLike<unknown>)?]> = [
    ['its holder', true],
    ['a late holder without a successor', true, endLease],
    ['a late holder with a successor', false, moveFence],
    ['after something newer', false, moveVersion],
    ['after a disconnect', false, close],
    ['what is known already', false, need]
  ]
  for (const [what, isDead, change] of rows) {
    const lease = await leased()
    const { grantId: id } = lease
    await change?.(id)
    const before = await readCredentials(database, id)
    t.equal(await markRefused(database, lease, 'refused'), isDead, what)
    t.match(await readCredentials(database, id), { status: isDead ? 'needsReauth' : before?.status ?? '' }, what)
    const events = (await listEvents(database, id)).filter(({ reason }) => reason === 'refused')
    t.equal(events.length, isDead ? 1 : 0, what)
  }
})

t.test('releases its own lease, and not one that another process has taken', async (t) => {
  const rows: Array<[string, boolean, ((id: string) => PromiseLike<unknown>)?]> = [
    ['its own', true], ['a successor\'s', false, moveFence], ['that of something newer', false, moveVersion]
  ]
  for (const [what, isReleased, change] of rows) {
    for (const [how, release] of [
      ['release', (lease: Lease) => releaseLease(database, lease)], ['defer', (lease: Lease) => deferRefresh(database, lease, 60_000)]
    ] as const) {
      const lease = await leased()
      await change?.(lease.grantId)
      t.equal(await release(lease), isReleased, `${how}: ${what}`)
      t.equal(await isLeased(database, lease.grantId), !isReleased, `${how}: ${what}`)
      const { refreshWaitMs = null } = await readCredentials(database, lease.grantId) ?? {}
      t.equal(refreshWaitMs !== null && refreshWaitMs > 30_000, how === 'defer' && isReleased, `${how}: ${what}`)
    }
  }
})

t.test('disables the refresh only of the version without a refresh token', async (t) => {
  const id = await connected(moveVersion)
  await disableRefresh(database, id, 1)
  t.ok(await takeLease(database, { grantId: id, version: 2, owner: 'us', leaseMs }))
  await disableRefresh(database, id, 2)
  t.match(await readCredentials(database, id), { refreshWaitMs: null }, 'there is no time at which a refresh is allowed')
})

t.test('has changed no other connection in all of this', async (t) => {
  t.same(await readBystander(), untouched)
})
