import t from 'tap'
import { createApiKey, findApiKey, listApiKeys, revokeApiKey } from '../../src/api-keys/index.ts'
import { newId } from '../../src/db/index.ts'
import { openTestDatabase } from '../open-test-database.ts'

const database = await openTestDatabase(t)

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

t.test('finds a key', async (t) => {
  const { id, key } = await createApiKey(database, { name: 'site', scopes: ['users:write'] })
  t.match(await findApiKey(database, key), { id, name: 'site', scopes: ['users:write'], createdAt: Date, revokedAt: null })
  t.notOk('secretHash' in (await findApiKey(database, key) ?? {}), 'the result does not contain the hash')
})

t.test('finds no key with another secret', async (t) => {
  const { key } = await createApiKey(database, { name: 'mine', scopes: ['admin'] })
  const other = await createApiKey(database, { name: 'other', scopes: ['admin'] })
  const row = key.slice(0, 35)
  for (const wrong of [row + other.key.slice(35), row + 'A'.repeat(43), key.slice(0, -1) + (key.endsWith('A') ? 'E' : 'A')]) {
    t.equal(await findApiKey(database, wrong), undefined)
  }
  t.equal((await findApiKey(database, key))?.name, 'mine')
})

t.test('finds nothing for an invalid key', async (t) => {
  const { key } = await createApiKey(database, { name: 'whole', scopes: ['admin'] })
  const unknown = `ck_${newId().replaceAll('-', '')}${key.slice(35)}`
  for (const text of [
    '', 'ck_', key.slice(3), key.slice(0, -1), `${key}A`, ` ${key}`, `${key}\n`, key.toUpperCase(), key.replace('ck_', 'sk_'), `${key.slice(0, -1)}!`, unknown
  ]) t.equal(await findApiKey(database, text), undefined, JSON.stringify(text.slice(0, 8)))
})

t.test('revokes a key immediately, and only once', async (t) => {
  const { id, key } = await createApiKey(database, { name: 'leaked', scopes: ['admin'] })
  t.equal(await revokeApiKey(database, id), true)
  t.equal(await findApiKey(database, key), undefined)
  const [revoked] = (await listApiKeys(database)).filter((one) => one.id === id)
  t.equal(await revokeApiKey(database, id), false)
  t.match((await listApiKeys(database)).filter((one) => one.id === id), [{ revokedAt: revoked?.revokedAt }], 'the time of revocation does not change')
  t.equal(await revokeApiKey(database, newId()), false, 'an unknown key cannot be revoked')
})

t.test('lists all keys without their hashes, newest first', async (t) => {
  const database = await openTestDatabase(t)
  t.same(await listApiKeys(database), [])
  const made = []
  for (const name of ['first', 'second', 'third']) made.push(await createApiKey(database, { name, scopes: ['admin'] }))
  await revokeApiKey(database, made[1]?.id ?? '')
  const listed = await listApiKeys(database)
  t.match(listed, [{ name: 'third', revokedAt: null }, { name: 'second', revokedAt: Date }, { name: 'first', revokedAt: null }])
  t.same(Object.keys(listed[0] ?? {}).sort(), ['createdAt', 'id', 'name', 'revokedAt', 'scopes'])
})
