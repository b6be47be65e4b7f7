import t from 'tap'
import {
  expectCallback, bindHandshake, claimHandshake, claimTry, confirmHandshake, createHandshake, failHandshake,
  findHandshake, findHandshakeByState, holdGrant, isBrowserOf, listConfirmed, mayConfirm, claimPoll
} from '../../src/handshakes/index.ts'
import type { BrowserProof } from '../../src/handshakes/index.ts'
import { ensureUser } from '../../src/users/index.ts'
import { openTestDatabase } from '../open-test-database.ts'
import { grantOf, vault } from '../people.ts'

const database = await openTestDatabase(t)
const minute = 60_000
const now = Date.parse('2030-01-01T12:00:00Z')
const { id: userId } = await ensureUser(database, { externalId: 'ann' })

const open = (provider = 'blotre') => createHandshake(database, { userId, provider, returnTo: undefined }, now)
const confirm = (id: string, browser: string, proof: BrowserProof = {}, at = now) =>
  confirmHandshake(database, { id, browser, proof }, at)

async function find (id: string) {
  const found = await findHandshake(database, id, now)
  if (found === undefined) throw new Error('there is no such handshake')
  return found
}

t.test('belongs to the first browser that confirms, and only that one may confirm again', async (t) => {
  const id = await open()
  t.equal(mayConfirm(await find(id), {}), true)
  t.ok(await confirm(id, 'first', { form: 'form of the first' }))
  const rows: Array<[proof: BrowserProof, mayConfirmAgain: boolean]> = [
    [{}, false],
    [{ cookie: 'other' }, false],
    [{ form: 'other' }, false],
    [{ cookie: 'form of the first' }, false],
    [{ form: 'first' }, false],
    [{ form: 'form of the first' }, true],
    [{ cookie: 'first' }, true]
  ]
  for (const [proof, expected] of rows) {
    t.equal(mayConfirm(await find(id), proof), expected, JSON.stringify(proof))
    if (!expected) t.equal(await confirm(id, 'thief', proof), undefined, JSON.stringify(proof))
  }
  t.equal(isBrowserOf(await find(id), 'first'), true)
  t.ok(await confirm(id, 'second', { form: 'form of the first' }), 'a form that is submitted twice')
  t.equal(await confirm(id, 'third', { cookie: 'first' }), undefined, 'the old secret is no longer valid')
  t.ok(await confirm(id, 'third', { cookie: 'second' }))
})

t.test('lets one of many browsers that confirm concurrently succeed', async (t) => {
  const id = await open()
  const states = await Promise.all(Array.from({ length: 12 }, (_, index) => confirm(id, `browser ${index}`, { form: `form ${index}` })))
  t.equal(states.filter((state) => state !== undefined).length, 1)
  t.equal(isBrowserOf(await find(id), `browser ${states.findIndex((state) => state !== undefined)}`), true)
})

t.test('can be bound to a browser once, before it is confirmed', async (t) => {
  const id = await open()
  t.equal(await bindHandshake(database, { id, browser: 'own' }, now + 10 * minute), false, 'an expired handshake cannot be bound')
  t.equal(await bindHandshake(database, { id, browser: 'own' }, now), true)
  t.equal(await bindHandshake(database, { id, browser: 'other' }, now), false)
  t.equal(await confirm(id, 'other'), undefined)
  t.equal(mayConfirm(await find(id), {}), false)
  t.same(await listConfirmed(database, { browsers: ['own'], provider: 'blotre' }, now), [], 'binding does not confirm it')
  t.ok(await confirm(id, 'own anew', { cookie: 'own' }))
})

t.test('cannot be used while a grant waits for the user', async (t) => {
  const id = await open()
  const state = await confirm(id, 'own') ?? ''
  const before = await find(id)
  t.equal(await claimHandshake(database, before, now), true)
  await holdGrant(database, vault, id, grantOf('ann'), now)
  t.match(await find(id), { isObtained: true, claimed: false, status: 'pending' })
  t.equal(await claimHandshake(database, before, now), false)
  t.equal(await confirm(id, 'own', { cookie: 'own' }), undefined)
  t.equal(await expectCallback(database, { id, state, token: 'token', pending: 'sealed' }, now), false)
  t.equal(await claimTry(database, id, now), undefined)
  t.equal(await claimPoll(database, id, 1_000, now), false)
  t.equal(await bindHandshake(database, { id, browser: 'other' }, now), false)
})

t.test('lists the handshakes that a browser has confirmed at a provider, latest first', async (t) => {
  const list = async (browsers: string[], provider = 'blotre') => (await listConfirmed(database, { browsers, provider }, now)).map(({ id }) => id)
  const [first, second, elsewhere, foreign] = [await open(), await open(), await open('pushbullet'), await open()]
  await confirm(second, 'secret 2', {}, now + 1)
  await confirm(first, 'secret 1', {}, now + 2)
  await confirm(elsewhere, 'secret 3', {}, now + 3)
  await confirm(foreign, 'secret 4', {}, now + 4)
  t.same(await list(['secret 1', 'secret 2', 'secret 3']), [first, second])
  t.same(await list(['secret 2']), [second])
  t.same(await list(['secret 3'], 'pushbullet'), [elsewhere])
  t.same(await list([]), [])
  await database.sql`update handshakes set kind = 'verifier' where id = ${second}`
  t.same(await list(['secret 1', 'secret 2']), [first], 'other kinds have no callback')
})

t.test('stores the token of the callback that claimed it, and no other handshake accepts that token', async (t) => {
  const [one, other] = [await open(), await open()]
  await confirm(one, 'own')
  await confirm(other, 'own too')
  t.equal(await claimHandshake(database, await find(one), now, 'blotre code'), true)
  t.match(await findHandshakeByState(database, 'blotre code', now), { id: one, claimed: true })
  t.equal(await claimHandshake(database, await find(other), now, 'blotre code'), false)
  t.equal(await claimHandshake(database, await find(other), now, 'blotre other code'), true)
})

t.test('expects no callback once it is claimed, ended, confirmed again or expired', async (t) => {
  const announce = async (id: string, state: string, token: string, at = now) =>
    expectCallback(database, { id, state, token, pending: 'sealed' }, at)
  const rows: Array<[what: string, change: (id: string) => Promise<unknown>, at?: number]> = [
    ['claimed', async (id) => claimHandshake(database, await find(id), now)],
    ['over', async (id) => { await claimHandshake(database, await find(id), now); await failHandshake(database, id, 'denied') }],
    ['confirmed again', (id) => confirm(id, 'own', { cookie: 'own' })],
    ['expired', async () => {}, now + 10 * minute]
  ]
  for (const [what, change, at] of rows) {
    const id = await open()
    const state = await confirm(id, 'own') ?? ''
    await change(id)
    t.equal(await announce(id, state, `token of ${what}`, at), false, what)
  }
  const id = await open()
  t.equal(await announce(id, await confirm(id, 'own') ?? '', 'token of an open one'), true)
})
