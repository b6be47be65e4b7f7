import { createApiKey, revokeApiKey, rotateApiKey } from '@carillon/shared/api-keys'
import { openDatabase } from '@carillon/shared/db'
import { testDatabase } from '@carillon/testing'
import t from 'tap'
import { createKeys } from '../../src/auth/keys.ts'

const database = openDatabase(await testDatabase(t))
t.teardown(() => database.close())

t.test('caches a key for a few seconds, and detects immediately that it is revoked', async (t) => {
  let now = 0
  const keys = createKeys(database, () => now)
  const { id, key } = await createApiKey(database, { name: 'site', scopes: ['notifications:write'] })
  t.match(await keys.recall(key), { state: 'valid', key: { id, scopes: ['notifications:write'] } }, 'it looks the key up the first time')
  await revokeApiKey(database, id)
  t.match(await keys.recall(key), { key: { id } })
  now = 10_001
  t.equal(await keys.recall(key), undefined)
  t.equal(await keys.recall(key), undefined)
})

t.test('a cached key expires in time, and so does an earlier secret of it', async (t) => {
  let now = 0
  const keys = createKeys(database, () => now)
  const expiring = await createApiKey(database, { name: 'short', scopes: ['admin'], expiresAt: new Date(2_000) })
  t.match(await keys.recall(expiring.key), { state: 'valid' })
  const rotated = await createApiKey(database, { name: 'site', scopes: ['admin'] })
  await rotateApiKey(database, rotated.id, { overlapSeconds: 1, now })
  t.match(await keys.recall(rotated.key), { state: 'valid' })
  now = 999
  t.match(await keys.recall(rotated.key), { state: 'valid' })
  now = 1_000
  t.match(await keys.recall(rotated.key), { state: 'replaced' })
  t.match(await keys.recall(expiring.key), { state: 'valid' })
  now = 2_000
  t.match(await keys.recall(expiring.key), { state: 'expired' })
})

t.test('deletes a cached key when a lookup finds that it no longer exists', async (t) => {
  const keys = createKeys(database, () => 0)
  const { id, key } = await createApiKey(database, { name: 'site', scopes: ['notifications:write'] })
  await keys.find(key)
  await revokeApiKey(database, id)
  t.match(await keys.recall(key), { key: { id } })
  t.equal(await keys.find(key), undefined)
  t.equal(await keys.recall(key), undefined)
})

t.test('does not use a cached key for another key with the same prefix', async (t) => {
  const keys = createKeys(database, () => 0)
  const { key } = await createApiKey(database, { name: 'site', scopes: ['admin'] })
  await keys.find(key)
  t.equal(await keys.recall(key.slice(0, -1) + (key.endsWith('A') ? 'E' : 'A')), undefined)
})

t.test('shares a pending lookup only between calls with the same key', async (t) => {
  const keys = createKeys(database, () => 0)
  const [one, other] = [
    await createApiKey(database, { name: 'one', scopes: ['notifications:write'] }), await createApiKey(database, { name: 'other', scopes: ['admin'] })
  ]
  const lookups = [keys.find(one.key), keys.find(one.key)]
  t.equal(lookups[0], lookups[1])
  const found = await Promise.all([...lookups, keys.find(other.key), keys.find(`${one.key.slice(0, -1)}!`)])
  t.match(found, [
    { key: { id: one.id, scopes: ['notifications:write'] } }, { key: { id: one.id } }, { key: { id: other.id, scopes: ['admin'] } }, undefined
  ])
  await revokeApiKey(database, one.id)
  t.equal(await keys.find(one.key), undefined, 'it does not share a finished lookup')
})

t.test('caches a thousand keys, and deletes the oldest of more', async (t) => {
  const keys = createKeys(database, () => 0)
  const created = await Promise.all(Array.from({ length: 1_001 }, () => createApiKey(database, { name: 'site', scopes: ['admin'] })))
  for (const { key } of created) await keys.find(key)
  const [first, second] = created
  if (first === undefined || second === undefined) return t.fail('there are keys')
  for (const { id } of [first, second]) await revokeApiKey(database, id)
  t.match(await keys.recall(second.key), { key: { id: second.id } })
  t.equal(await keys.recall(first.key), undefined)
})
