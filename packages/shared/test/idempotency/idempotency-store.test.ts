import t from 'tap'
import { newId } from '../../src/db/index.ts'
import { createIdempotencyStore, sweepKeys } from '../../src/idempotency/index.ts'
import type { KeyState } from '../../src/idempotency/index.ts'
import { openCountedDatabase } from '../open-counted-database.ts'
import { vault } from '../people.ts'

const database = await openCountedDatabase(t)
const { sql } = database
const store = createIdempotencyStore({ database, vault })
const callerId = newId()
const claim = (key: string, fingerprint = 'POST /v1/notifications') => store.claim({ callerId, key, fingerprint })
const response = { status: 202, headers: { location: '/1' }, body: '{}' }

function claimOf (state: KeyState) {
  if (state.kind !== 'claimed') throw new Error(`the key is ${state.kind}`)
  return state.claim
}

t.test('a completed request is repeated', async (t) => {
  await store.complete(claimOf(await claim('one')), response)
  t.same(await claim('one'), { kind: 'completed', response })
  t.same(await claim('one', 'POST /v1/user-tokens'), { kind: 'reused' })
})

t.test('a request that runs holds its key until it ends', async (t) => {
  const first = claimOf(await claim('held'))
  t.same(await claim('held'), { kind: 'running' })
  t.same(await claim('held', 'other'), { kind: 'reused' })
  await store.release(first)
  const second = claimOf(await claim('held'))
  t.equal(second.resourceId, first.resourceId, 'a released key keeps the id of what it creates')
  await store.forget(second)
  t.not(claimOf(await claim('held', 'other')).resourceId, first.resourceId, 'a forgotten one is free')
})

t.test('the response of a request that lost its lease is not stored', async (t) => {
  const first = claimOf(await claim('lost'))
  await sql`update idempotency_keys set lease_until = now() where lease_id = ${first.leaseId}`
  const second = claimOf(await claim('lost'))
  t.equal(second.resourceId, first.resourceId)
  await store.complete(first, { ...response, body: 'of the first' })
  t.same(await claim('lost'), { kind: 'running' })
  await store.forget(first)
  await store.complete(second, { ...response, body: 'of the second' })
  t.match(await claim('lost'), { response: { body: 'of the second' } })
})

t.test('concurrent requests share a statement, and one of them claims a key', async (t) => {
  database.statements.length = 0
  const states = await Promise.all([...Array.from({ length: 50 }, () => claim('many')), claim('alone')])
  t.equal(database.statements.length, 1)
  t.equal(states.filter(({ kind }) => kind === 'claimed').length, 2)
  t.equal(states.filter(({ kind }) => kind === 'running').length, 49)
})

t.test('a key that another connection is claiming is in use', async (t) => {
  const before = claimOf(await claim('before'))
  await store.forget(before)
  const stores = Array.from({ length: 8 }, () => createIdempotencyStore({ database, vault }))
  const states = await Promise.all(stores.map((one) => one.claim({ callerId, key: 'raced', fingerprint: 'same' })))
  t.equal(states.filter(({ kind }) => kind === 'claimed').length, 1)
  t.equal(states.filter(({ kind }) => kind === 'running').length, 7)
})

t.test('after 24 hours a key is new, and the worker deletes it', async (t) => {
  const first = claimOf(await claim('old'))
  await store.complete(first, response)
  await sql`update idempotency_keys set created_at = now() - interval '25 hours'`
  t.not(claimOf(await claim('old', 'other')).resourceId, first.resourceId)
  t.ok(await sweepKeys(database) > 0)
  t.equal((await sql`select 1 from idempotency_keys`).length, 1, 'the renewed one stays')
})
