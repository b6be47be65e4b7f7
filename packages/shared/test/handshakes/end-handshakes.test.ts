import t from 'tap'
import {
  cancelHandshake, claimHandshake, confirmHandshake, createHandshake, endHandshakesOf, findHandshake, holdGrant
} from '../../src/handshakes/index.ts'
import { ensureUser } from '../../src/users/index.ts'
import { openTestDatabase } from '../open-test-database.ts'
import { grantOf, vault } from '../people.ts'

const database = await openTestDatabase(t)
const now = Date.parse('2030-01-01T12:00:00Z')
const ending = { database, vault, canRevoke: (provider: string) => provider === 'blotre' }
const ann = (await ensureUser(database, { externalId: 'ann' })).id
const ben = (await ensureUser(database, { externalId: 'ben' })).id

const open = (userId = ann, provider = 'blotre') => createHandshake(database, { userId, provider, returnTo: undefined }, now)
const find = (id: string) => findHandshake(database, id, now)
const revocations = () => database.sql`select provider, account_id, state from revocations`

async function claim (id: string) {
  await confirmHandshake(database, { id, browser: id }, now)
  const handshake = await find(id)
  if (handshake !== undefined) await claimHandshake(database, handshake, now)
  return id
}

async function hold (id: string) {
  await holdGrant(database, vault, await claim(id), grantOf('ann'), now)
  return id
}

t.test('cancels a handshake that the user has not confirmed yet, once', async (t) => {
  const id = await open()
  const results = await Promise.all(Array.from({ length: 5 }, () => cancelHandshake(ending, id, now)))
  t.equal(results.filter(Boolean).length, 1)
  t.match(await find(id), { status: 'failed', error: 'canceled' })
})

t.test('does not cancel a handshake that a request completes, or that has expired', async (t) => {
  t.equal(await cancelHandshake(ending, await claim(await open()), now), false)
  t.equal(await cancelHandshake(ending, await open(), now + 10 * 60_000), false)
})

t.test('ends all open handshakes of one user, and revokes the grants that they held', async (t) => {
  await database.sql`delete from handshakes`
  const [unconfirmed, held, kept, claimed, foreign] = [
    await open(), await hold(await open()), await hold(await open(ann, 'pumpio')), await claim(await open()), await open(ben)
  ]
  t.equal(await endHandshakesOf(ending, ann, now), 3)
  for (const id of [unconfirmed, held, kept]) t.match(await find(id), { status: 'failed', error: 'tokensRevoked', pending: null, isObtained: false })
  for (const id of [claimed, foreign]) t.match(await find(id), { status: 'pending', error: null })
  t.match(await revocations(), [{ provider: 'blotre', account_id: 'account-ann', state: 'pending' }], 'pump.io cannot revoke')
  t.equal(await endHandshakesOf(ending, ann, now), 0)
})
