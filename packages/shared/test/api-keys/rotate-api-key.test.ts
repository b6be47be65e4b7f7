import t from 'tap'
import { checkApiKey, createApiKey, findApiKey, overlapEnd, revokeApiKey, rotateApiKey } from '../../src/api-keys/index.ts'
import { newId } from '../../src/db/index.ts'
import { openTestDatabase } from '../open-test-database.ts'

const database = await openTestDatabase(t)
const now = Date.parse('2030-01-01T12:00:00Z')
const create = () => createApiKey(database, { name: 'site', scopes: ['users:write'] })

async function rotate (id: string, overlapSeconds: number, at = now): Promise<string> {
  return (await rotateApiKey(database, id, { overlapSeconds, now: at }))?.key ?? ''
}

async function stateOf (key: string, at: number) {
  return (await checkApiKey(database, key, at))?.state
}

t.test('gives a key a new secret, and the earlier one works for a while', async (t) => {
  const { id, key } = await create()
  const until = new Date(now + 60_000)
  const rotated = await rotateApiKey(database, id, { overlapSeconds: 60, now })
  t.match(rotated, { apiKey: { id, name: 'site', scopes: ['users:write'], rotatedAt: new Date(now), earlierSecretsUntil: until, version: 1 } })
  t.match(rotated?.key, new RegExp(`^ck_${id.replaceAll('-', '')}[\\w-]{43}$`))
  t.not(rotated?.key, key)
  t.match(await checkApiKey(database, rotated?.key ?? '', now), { state: 'valid', key: { id }, validUntil: null })
  t.match(await checkApiKey(database, key, now + 59_999), { state: 'valid', key: { id }, validUntil: until })
  t.same(await checkApiKey(database, key, now + 60_000), { state: 'replaced', at: until })
  t.equal(await stateOf(rotated?.key ?? '', now + 60_000), 'valid')
  t.notMatch(JSON.stringify(await database.sql`select * from api_keys`), rotated?.key.slice(35))
})

t.test('ends all earlier secrets at once without an overlap', async (t) => {
  const { id, key: first } = await create()
  const second = await rotate(id, 3_600)
  const third = await rotate(id, 0)
  t.same([await stateOf(first, now), await stateOf(second, now), await stateOf(third, now)], ['replaced', 'replaced', 'valid'])
})

t.test('keeps each secret in use when a key is rotated again', async (t) => {
  const { id, key: first } = await create()
  const second = await rotate(id, 60)
  const third = await rotate(id, 3_600, now + 1_000)
  t.same([await stateOf(first, now + 59_999), await stateOf(first, now + 60_000)], ['valid', 'replaced'], 'its own overlap is not extended')
  t.same([await stateOf(second, now + 3_600_999), await stateOf(second, now + 3_601_000)], ['valid', 'replaced'])
  t.match(await findApiKey(database, id), { earlierSecretsUntil: new Date(now + 3_601_000) })
  let newest = third
  for (let count = 0; count < 5; count++) newest = await rotate(id, 3_600, now + 2_000)
  t.same([await stateOf(newest, now), await stateOf(third, now), await stateOf(second, now)], ['valid', 'valid', undefined], 'it keeps five')
})

t.test('the expiry of the key also ends its earlier secrets', async (t) => {
  const { id, key } = await create()
  const expiresAt = new Date(now + 60_000)
  t.match(await rotateApiKey(database, id, { overlapSeconds: 3_600, expiresAt, now }), { apiKey: { expiresAt } })
  t.match(await checkApiKey(database, key, now), { state: 'valid', validUntil: expiresAt })
  t.equal(await stateOf(key, now + 60_000), 'expired')
  const apiKey = await findApiKey(database, id)
  if (apiKey === undefined) return t.fail('the key exists')
  t.same([now, now + 60_000].map((time) => overlapEnd(apiKey, time)), [expiresAt, null])
  const unlimited = { ...apiKey, expiresAt: null }
  t.same([now, now + 3_600_000].map((time) => overlapEnd(unlimited, time)), [new Date(now + 3_600_000), null])
})

t.test('rotates no key that is revoked or unknown', async (t) => {
  const { id } = await create()
  await revokeApiKey(database, id)
  t.equal(await rotateApiKey(database, id, { overlapSeconds: 0, now }), undefined)
  t.equal(await rotateApiKey(database, newId(), { overlapSeconds: 0, now }), undefined)
})
