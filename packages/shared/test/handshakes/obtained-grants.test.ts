import t from 'tap'
import {
  claimHandshake, claimObtainedGrant, completeHandshake, confirmHandshake, createHandshake, discardGrant, findHandshake,
  holdGrant, openObtainedGrant, revokeAbandonedGrants, supersedeHandshakes
} from '../../src/handshakes/index.ts'
import { newId } from '../../src/db/index.ts'
import { ensureUser } from '../../src/users/index.ts'
import { openTestDatabase } from '../open-test-database.ts'
import { saveConnections } from '../../src/connections/index.ts'
import { grantOf, vault } from '../people.ts'

const database = await openTestDatabase(t)
const minute = 60_000
const now = Date.parse('2030-01-01T12:00:00Z')
const { id: userId } = await ensureUser(database, { externalId: 'ann' })
const grant = { ...grantOf('ann'), expiresAt: new Date(now + 60 * minute), missingPermissions: ['some'] }

async function open (browser = 'own', provider = 'blotre') {
  const id = await createHandshake(database, { userId, provider, returnTo: undefined }, now)
  await confirmHandshake(database, { id, browser }, now)
  return id
}

async function find (id: string, at = now) {
  const found = await findHandshake(database, id, at)
  if (found === undefined) throw new Error('there is no such handshake')
  return found
}

async function hold (id: string, at = now) {
  await claimHandshake(database, await find(id), at)
  await holdGrant(database, vault, id, grant, at)
  return id
}

const revocations = async () => database.sql`select connection_id, provider, account_id, state from revocations order by id`

t.test('stores a grant sealed until the user decides, and returns it once', async (t) => {
  const id = await hold(await open(), now + 9 * minute)
  const held = await find(id)
  t.match(held, { status: 'pending', claimed: false, isObtained: true, expiresAt: new Date(now + 19 * minute) }, 'the user has ten minutes')
  t.notMatch(held.pending, 'token-of-ann')
  t.same(openObtainedGrant(vault, held), grant)
  t.throws(() => openObtainedGrant(vault, { ...held, id: newId() }), 'it opens for no other handshake')
  t.equal(openObtainedGrant(vault, { ...held, isObtained: false }), undefined)
  const taken = await Promise.all(Array.from({ length: 8 }, () => claimObtainedGrant(database, vault, id, now)))
  t.same(taken.filter((one) => one !== undefined), [grant])
  t.match(await find(id), { status: 'pending', claimed: true, isObtained: false, pending: null })
})

t.test('returns no grant that has expired or does not exist', async (t) => {
  const id = await hold(await open())
  t.equal(await claimObtainedGrant(database, vault, id, now + 10 * minute), undefined)
  t.equal(await claimObtainedGrant(database, vault, await open(), now), undefined)
  t.ok(await claimObtainedGrant(database, vault, id, now + 10 * minute - 1))
})

t.test('stores no grant for a handshake that no request has claimed', async (t) => {
  const id = await open()
  t.equal(await holdGrant(database, vault, id, grant, now), false)
  t.match(await find(id), { isObtained: false, pending: null })
})

t.test("supersedes only the browser's other open handshakes at the provider", async (t) => {
  await database.sql`delete from revocations`
  const [latest, open1, held, claimed, elsewhere, foreign] = [
    await open('s1'), await open('s2'), await hold(await open('s3')), await open('s4'), await open('s5', 'pushbullet'), await open('s6')
  ]
  await claimHandshake(database, await find(claimed), now)
  const unconfirmed = await createHandshake(database, { userId, provider: 'blotre', returnTo: undefined }, now)
  const ending = { database, vault, canRevoke: () => true }
  const request = { id: latest, browsers: ['s1', 's2', 's3', 's4', 's5'], provider: 'blotre' }
  await supersedeHandshakes(ending, { ...request, browsers: [] }, now)
  t.match(await find(open1), { status: 'pending' })
  await supersedeHandshakes(ending, request, now + 10 * minute)
  t.match((await database.sql`select status from handshakes where id = ${open1}`)[0], { status: 'pending' }, 'an expired handshake does not change')
  await supersedeHandshakes(ending, request, now)
  for (const id of [open1, held]) t.match(await find(id), { status: 'failed', error: 'superseded', pending: null, isObtained: false })
  for (const id of [latest, claimed, elsewhere, foreign, unconfirmed]) t.match(await find(id), { status: 'pending', error: null })
  t.match(await revocations(), [{ connection_id: null, provider: 'blotre', account_id: 'account-ann', state: 'pending' }])
})

t.test('revokes grants that no user confirmed in time, where the provider can revoke', async (t) => {
  await database.sql`delete from revocations`
  await database.sql`delete from handshakes`
  const [late, other, kept] = [await hold(await open()), await hold(await open('own', 'pumpio')), await hold(await open(), now + 5 * minute)]
  const canRevoke = (provider: string) => provider === 'blotre'
  t.equal(await revokeAbandonedGrants(database, vault, canRevoke, now + 10 * minute - 1), 0)
  t.equal(await revokeAbandonedGrants(database, vault, canRevoke, now + 10 * minute), 2)
  t.equal(await revokeAbandonedGrants(database, vault, canRevoke, now + 10 * minute), 0)
  for (const id of [late, other]) t.match(await find(id, now + 10 * minute), { status: 'expired', pending: null, isObtained: false })
  t.match(await find(kept), { isObtained: true })
  t.match(await revocations(), [{ provider: 'blotre', account_id: 'account-ann' }])
  t.equal((await revocations()).length, 1)
})

t.test('revokes a grant whose process crashed after it claimed the grant', async (t) => {
  await database.sql`delete from revocations`
  await database.sql`delete from handshakes`
  const [early, late] = [await hold(await open()), await hold(await open('other'))]
  await claimObtainedGrant(database, vault, early, now)
  await claimObtainedGrant(database, vault, late, now + 10 * minute - 1)
  t.equal(await revokeAbandonedGrants(database, vault, () => true, now + 10 * minute), 1, 'a request may still be storing the other grant')
  t.match(await find(early, now + 10 * minute), { status: 'expired', pending: null })
  t.equal(await revokeAbandonedGrants(database, vault, () => true, now + 15 * minute - 2), 0)
  t.equal(await revokeAbandonedGrants(database, vault, () => true, now + 15 * minute - 1), 1)
  t.equal((await revocations()).length, 2)
})

t.test('revokes a discarded grant, and none that a connection uses', async (t) => {
  await database.sql`delete from revocations`
  const [declined, connected, permanent] = [await hold(await open('s1')), await hold(await open('s2')), await hold(await open('s3'))]
  for (const id of [declined, connected, permanent]) await claimObtainedGrant(database, vault, id, now)
  const [saved] = await saveConnections(database, vault, [{ userId, provider: 'blotre', grant }])
  await completeHandshake(database, connected, saved?.id ?? '')
  const request = { provider: 'blotre', grant, error: 'accountDeclined' }
  for (const id of [declined, connected]) await discardGrant(database, vault, { ...request, id, canRevoke: true })
  await discardGrant(database, vault, { ...request, id: permanent, canRevoke: false })
  for (const id of [declined, permanent]) t.match(await find(id), { status: 'failed', error: 'accountDeclined', pending: null })
  t.match(await find(connected), { status: 'completed' })
  t.match(await revocations(), [{ connection_id: null, provider: 'blotre', account_id: 'account-ann', state: 'pending' }])
  t.equal((await revocations()).length, 1)
})
