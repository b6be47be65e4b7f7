import t from 'tap'
import { newId } from '../../src/db/index.ts'
import { ensureUser, findUser, revokeUserTokens } from '../../src/users/index.ts'
import { openTestDatabase } from '../open-test-database.ts'

const database = await openTestDatabase(t)

t.test('creates a new user, and finds it by either id', async (t) => {
  const ann = await ensureUser(database, { externalId: 'ann' })
  t.match(ann, { externalId: 'ann', displayName: null })
  t.same(await ensureUser(database, { externalId: 'ann' }), ann)
  t.same(await findUser(database, ann.id), ann)
  t.equal(await findUser(database, newId()), undefined)
})

t.test("keeps the site's ids unchanged", async (t) => {
  const ids = ['Bob', 'bob', 'bob ', '42', 'zoë@site.example', "o'brien", '用户', 'x'.repeat(500)]
  const made = await Promise.all(ids.map((externalId) => ensureUser(database, { externalId })))
  t.same(made.map(({ externalId }) => externalId), ids)
  t.equal(new Set(made.map(({ id }) => id)).size, ids.length)
})

t.test('keeps a name until another replaces it', async (t) => {
  const named = await ensureUser(database, { externalId: 'cleo', displayName: 'Cleo' })
  t.equal(named.displayName, 'Cleo')
  t.equal((await ensureUser(database, { externalId: 'cleo' })).displayName, 'Cleo')
  const renamed = await ensureUser(database, { externalId: 'cleo', displayName: 'Cleopatra' })
  t.same(renamed, { ...named, displayName: 'Cleopatra' })
  t.same(await findUser(database, named.id), renamed)
})

t.test('creates one user for concurrent requests', async (t) => {
  const users = await Promise.all(Array.from({ length: 30 }, (_, index) =>
    ensureUser(database, { externalId: 'dan', ...(index % 2 ? { displayName: 'Dan' } : {}) })))
  t.equal(new Set(users.map(({ id }) => id)).size, 1)
  t.equal((await ensureUser(database, { externalId: 'dan' })).displayName, 'Dan')
  const [row] = await database.sql`select count(*)::int as number from users where external_id = 'dan'`
  t.equal(row?.['number'], 1)
})

t.test("revokes one user's tokens, and changes nothing else of the user", async (t) => {
  const [eve, fay] = [await ensureUser(database, { externalId: 'eve', displayName: 'Eve' }), await ensureUser(database, { externalId: 'fay' })]
  t.equal(await revokeUserTokens(database, 'eve'), eve.id)
  t.same(await findUser(database, eve.id), { ...eve, tokenGeneration: 1 })
  await Promise.all(Array.from({ length: 5 }, () => revokeUserTokens(database, 'eve')))
  t.equal((await ensureUser(database, { externalId: 'eve' })).tokenGeneration, 6)
  t.same(await findUser(database, fay.id), fay)
  t.equal(await revokeUserTokens(database, 'unknown'), undefined)
})
