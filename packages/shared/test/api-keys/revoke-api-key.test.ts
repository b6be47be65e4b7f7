import t from 'tap'
import { createApiKey, findApiKey, revokeApiKey, revokeApiKeyBy } from '../../src/api-keys/index.ts'
import { openTestDatabase } from '../open-test-database.ts'

const database = await openTestDatabase(t)
const now = Date.parse('2030-01-01T12:00:00Z')
const create = async (scope: 'admin' | 'users:write' = 'admin', expiresAt?: Date) =>
  (await createApiKey(database, { name: 'key', scopes: [scope], expiresAt })).id
const isRevoked = async (id: string) => (await findApiKey(database, id))?.revokedAt !== null

t.test('the last key that manages keys does not revoke itself', async (t) => {
  const [admin, other] = [await create(), await create('users:write')]
  await create('admin', new Date(now))
  t.equal(await revokeApiKeyBy(database, admin, admin, now), 'lastAdmin', 'an expired key does not count')
  t.equal(await isRevoked(admin), false)
  t.equal(await revokeApiKeyBy(database, admin, other, now), 'revoked')
  t.equal(await revokeApiKeyBy(database, admin, other, now), 'unchanged')
  t.equal(await isRevoked(other), true)
  const successor = await create()
  t.equal(await revokeApiKeyBy(database, admin, admin, now), 'revoked')
  t.equal(await revokeApiKeyBy(database, admin, successor, now), 'callerRevoked')
  await revokeApiKey(database, successor)
})

t.test('two keys that revoke one another at the same time leave one', async (t) => {
  const [one, other] = [await create(), await create()]
  const results = await Promise.all([revokeApiKeyBy(database, one, other, now), revokeApiKeyBy(database, other, one, now)])
  t.same(results.sort(), ['callerRevoked', 'revoked'])
  t.not(await isRevoked(one), await isRevoked(other))
})
