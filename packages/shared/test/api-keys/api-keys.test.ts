import t from 'tap'
import {
  checkApiKey, createApiKey, findApiKey, keyStatus, listApiKeys, listKeysToRenew, revokeApiKey, updateApiKey, verifyApiKey
} from '../../src/api-keys/index.ts'
import { newId } from '../../src/db/index.ts'
import { openTestDatabase } from '../open-test-database.ts'

const database = await openTestDatabase(t)
const now = Date.parse('2030-01-01T12:00:00Z')
const days = 24 * 60 * 60 * 1000

t.test('returns a key once and stores only its hash', async (t) => {
  const { id, key } = await createApiKey(database, { name: 'console', scopes: ['notifications:write', 'users:write'] })
  t.match(key, /^ck_[0-9a-f]{32}[\w-]{43}$/)
  t.match(key, id.replaceAll('-', ''), 'the key contains the id of its row')
  const rows = await database.sql`select * from api_keys`
  t.equal(rows.length, 1)
  const stored = JSON.stringify(rows)
  t.notMatch(stored, key)
  t.notMatch(stored, key.slice(35), 'nor is its secret part')
  t.match(rows[0], { secret_hash: /^[0-9a-f]{64}$/ })
})

t.test('verifies a key', async (t) => {
  const { id, key } = await createApiKey(database, { name: 'site', scopes: ['users:write'] })
  const found = await verifyApiKey(database, key)
  t.match(found, { id, name: 'site', scopes: ['users:write'], createdAt: Date, revokedAt: null, expiresAt: null, lastUsedAt: null })
  t.same(await findApiKey(database, id), found)
  t.equal(await findApiKey(database, newId()), undefined)
  t.notMatch(JSON.stringify(found), /[0-9a-f]{64}/, 'the result does not contain the hash')
})

t.test('accepts no key with another secret', async (t) => {
  const { key } = await createApiKey(database, { name: 'mine', scopes: ['admin'] })
  const other = await createApiKey(database, { name: 'other', scopes: ['admin'] })
  const row = key.slice(0, 35)
  for (const wrong of [row + other.key.slice(35), row + 'A'.repeat(43), key.slice(0, -1) + (key.endsWith('A') ? 'E' : 'A')]) {
    t.equal(await checkApiKey(database, wrong, now), undefined)
  }
  t.equal((await verifyApiKey(database, key))?.name, 'mine')
})

t.test('accepts nothing that is not a key', async (t) => {
  const { key } = await createApiKey(database, { name: 'whole', scopes: ['admin'] })
  const unknown = `ck_${newId().replaceAll('-', '')}${key.slice(35)}`
  for (const text of [
    '', 'ck_', key.slice(3), key.slice(0, -1), `${key}A`, ` ${key}`, `${key}\n`, key.toUpperCase(), key.replace('ck_', 'sk_'), `${key.slice(0, -1)}!`, unknown
  ]) t.equal(await checkApiKey(database, text, now), undefined, JSON.stringify(text.slice(0, 8)))
})

t.test('expires a key, which works again with a later expiry', async (t) => {
  const expiresAt = new Date(now)
  const { id, key } = await createApiKey(database, { name: 'short', scopes: ['admin'], expiresAt })
  t.match(await checkApiKey(database, key, now - 1), { state: 'valid', key: { id, expiresAt }, validUntil: expiresAt })
  t.same(await checkApiKey(database, key, now), { state: 'expired', at: expiresAt })
  t.equal(await verifyApiKey(database, key, now), undefined)
  t.equal(await checkApiKey(database, key.slice(0, -1) + (key.endsWith('A') ? 'E' : 'A'), now), undefined, 'a wrong secret learns nothing')

  const later = new Date(now + 1)
  const before = await findApiKey(database, id)
  t.match(await updateApiKey(database, id, { expiresAt: later }), { name: 'short', expiresAt: later, version: 1 })
  t.equal(before?.version, 0)
  t.match(await checkApiKey(database, key, now), { state: 'valid', validUntil: later })
  t.match(await updateApiKey(database, id, { name: 'long', expiresAt: null }), { name: 'long', expiresAt: null })
  t.match(await updateApiKey(database, id, { name: 'longer' }), { name: 'longer', version: 2 }, 'a name changes nothing about what it may do')
  t.match(await updateApiKey(database, id, {}), { name: 'longer', version: 2 })
})

t.test('revokes a key immediately, and only once', async (t) => {
  const { id, key } = await createApiKey(database, { name: 'leaked', scopes: ['admin'] })
  t.equal(await revokeApiKey(database, id), true)
  t.equal(await checkApiKey(database, key, now), undefined)
  const [revoked] = (await listApiKeys(database)).filter((one) => one.id === id)
  t.equal(await revokeApiKey(database, id), false)
  t.match((await listApiKeys(database)).filter((one) => one.id === id), [{ revokedAt: revoked?.revokedAt }], 'the time of revocation does not change')
  t.equal(await revokeApiKey(database, newId()), false, 'an unknown key cannot be revoked')
  t.equal(await updateApiKey(database, id, { name: 'again' }), undefined)
})

t.test('gives a key whose response was lost another secret', async (t) => {
  const id = newId()
  const lost = await createApiKey(database, { id, name: 'lost', scopes: ['admin'] })
  const again = await createApiKey(database, { id, name: 'lost', scopes: ['admin'] })
  t.equal(await verifyApiKey(database, lost.key), undefined)
  t.match(await verifyApiKey(database, again.key), { id, name: 'lost', version: 1 })
  t.same([lost.isNew, again.isNew], [true, false])
})

t.test('lists keys without their hashes, newest first', async (t) => {
  const database = await openTestDatabase(t)
  t.same(await listApiKeys(database), [])
  const made = []
  for (const name of ['first', 'second', 'third']) made.push(await createApiKey(database, { name, scopes: ['admin'] }))
  const { id: expired } = await createApiKey(database, { name: 'fourth', scopes: ['admin'], expiresAt: new Date(now) })
  await revokeApiKey(database, made[1]?.id ?? '')
  const listed = await listApiKeys(database)
  t.match(listed, [{ name: 'fourth' }, { name: 'third', revokedAt: null }, { name: 'second', revokedAt: Date }, { name: 'first', revokedAt: null }])
  t.same(listed.map((key) => keyStatus(key, now)), ['expired', 'active', 'revoked', 'active'])
  t.notMatch(JSON.stringify(listed), /[0-9a-f]{64}/)

  const namesOf = async (page: Parameters<typeof listApiKeys>[1]) =>
    (await listApiKeys(database, { now, ...page })).map(({ name }) => name)
  t.same(await namesOf({ limit: 2 }), ['fourth', 'third'])
  t.same(await namesOf({ before: expired, limit: 2 }), ['third', 'second'])
  t.same(await namesOf({ status: 'active' }), ['third', 'first'])
  t.same(await namesOf({ status: 'active', now: now - 1 }), ['fourth', 'third', 'first'])
  t.same(await namesOf({ status: 'expired' }), ['fourth'])
  t.same(await namesOf({ status: 'revoked' }), ['second'])
})

t.test('names the keys that need a new expiry', async (t) => {
  const database = await openTestDatabase(t)
  const create = async (name: string, expiresInDays: number | null, usedDaysBefore?: number) => {
    const expiresAt = expiresInDays === null ? null : new Date(now + expiresInDays * days)
    const { id } = await createApiKey(database, { name, scopes: ['admin'], expiresAt })
    if (usedDaysBefore !== undefined) {
      await database.sql`update api_keys set last_used_at = expires_at - ${usedDaysBefore} * interval '1 day' where id = ${id}`
    }
    return id
  }
  await create('unlimited', null)
  await create('later', 15)
  await create('in two weeks', 14)
  await create('tomorrow', 1)
  await revokeApiKey(database, await create('revoked', 1))
  await create('expired in use', -2, 0.5)
  await create('expired unused', -2)
  await create('replaced before', -2, 2)
  await create('expired long ago', -14, 0)
  t.same((await listKeysToRenew(database, now)).map(({ name }) => name), ['expired in use', 'tomorrow', 'in two weeks'])
})
