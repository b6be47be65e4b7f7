import { createHash } from 'node:crypto'
import t from 'tap'
import {
  expectCallback, claimHandshake, claimTry, completeHandshake, confirmHandshake, createHandshake, schedulePoll,
  failHandshake, findHandshake, findHandshakeByState, isBrowserOf, maxTries, openPendingAuthorization,
  releaseHandshake, sealPendingAuthorization, claimPoll
} from '../../src/handshakes/index.ts'
import { newId } from '../../src/db/index.ts'
import { findTeam, putTeam } from '../../src/teams/index.ts'
import { ensureUser } from '../../src/users/index.ts'
import { createVault, parseVaultKeys } from '../../src/vault/index.ts'
import { openTestDatabase } from '../open-test-database.ts'
import { connect } from '../people.ts'

const database = await openTestDatabase(t)
const minute = 60_000
const now = Date.parse('2030-01-01T12:00:00Z')
const { id: userId } = await ensureUser(database, { externalId: 'ann', displayName: 'Ann' })

const open = (returnTo?: string) => createHandshake(database, { userId, provider: 'pushbullet', returnTo }, now)

/** Claims the handshake in its current state. */
async function claim (id: string, at = now): Promise<boolean> {
  const found = await findHandshake(database, id, at)
  return found !== undefined && await claimHandshake(database, found, at)
}

async function confirmed (browser = 'secret of a browser'): Promise<{ id: string, state: string }> {
  const id = await open()
  return { id, state: await confirmHandshake(database, { id, browser }, now) ?? '' }
}

t.test('opens a handshake that expires after ten minutes', async (t) => {
  const id = await open('https://site.example/done')
  t.same(await findHandshake(database, id, now), {
    id,
    userId,
    userName: 'Ann',
    userExternalId: 'ann',
    team: null,
    provider: 'pushbullet',
    kind: 'redirect',
    account: null,
    pending: null,
    isObtained: false,
    codesSent: 0,
    resendAt: null,
    status: 'pending',
    error: null,
    returnTo: 'https://site.example/done',
    connectionId: null,
    newSecret: null,
    claimed: false,
    stateHash: null,
    browserHash: null,
    formHash: null,
    tokenGeneration: null,
    expiresAt: new Date(now + 10 * minute)
  })
  t.equal((await findHandshake(database, id, now + 10 * minute - 1))?.status, 'pending')
  t.equal((await findHandshake(database, id, now + 10 * minute))?.status, 'expired')
  t.equal(await findHandshake(database, newId(), now), undefined)
})

t.test('returns the id of a user without a name', async (t) => {
  const { id: userId } = await ensureUser(database, { externalId: 'bob' })
  const id = await createHandshake(database, { userId, provider: 'pushbullet', returnTo: undefined }, now)
  t.match(await findHandshake(database, id, now), { userName: null, userExternalId: 'bob', returnTo: null })
})

t.test('reports whether the user owns the team of the handshake', async (t) => {
  await putTeam(database, { externalId: 'choir', name: 'Choir', ownerId: 'ann', memberIds: ['bea'] })
  const teamId = (await findTeam(database, 'choir'))?.id
  const { id: memberId } = await ensureUser(database, { externalId: 'bea' })
  for (const [user, isOwn] of [[userId, true], [memberId, false]] as const) {
    const id = await createHandshake(database, { userId: user, teamId, provider: 'pushbullet', returnTo: undefined }, now)
    t.same((await findHandshake(database, id, now))?.team, { id: teamId, externalId: 'choir', name: 'Choir', isOwn })
  }
})

t.test('changes from confirmed to claimed to completed', async (t) => {
  const { id, state } = await confirmed()
  const found = await findHandshakeByState(database, state, now + minute)
  t.match(found, { id, status: 'pending', claimed: false })
  if (found === undefined) return
  t.equal(isBrowserOf(found, 'secret of a browser'), true)
  t.equal(isBrowserOf(found, 'secret of another'), false)
  t.equal(isBrowserOf(found, ''), false)

  t.equal(await claim(id, now + minute), true)
  t.match(await findHandshake(database, id, now + minute), { status: 'pending', claimed: true })
  const [connectionId = ''] = await connect(database, ['ann'])
  await completeHandshake(database, id, connectionId)
  t.match(await findHandshake(database, id, now + 60 * minute), { status: 'completed', connectionId, error: null }, 'permanently')
})

t.test('belongs to no browser before it is confirmed', async (t) => {
  const found = await findHandshake(database, await open(), now)
  t.ok(found)
  t.equal(found === undefined || isBrowserOf(found, ''), false)
})

t.test('stores state and browser secret only as hashes', async (t) => {
  const { id, state } = await confirmed('hush hush')
  t.match(state, /^[\w-]{43}$/, '256 bits')
  const [row] = await database.sql`select * from handshakes where id = ${id}`
  t.equal(row?.['state_hash'], createHash('sha256').update(state).digest('hex'))
  t.equal(row?.['browser_hash'], createHash('sha256').update('hush hush').digest('hex'))
  t.notMatch(JSON.stringify(row), state)
  t.notMatch(JSON.stringify(row), 'hush')
  t.equal(await findHandshakeByState(database, String(row?.['state_hash']), now), undefined, 'a hash is not accepted as a state')
})

t.test('gets a new state and secret when the same browser confirms again', async (t) => {
  const first = await confirmed('first secret')
  const proof = { cookie: 'first secret' }
  const state = await confirmHandshake(database, { id: first.id, browser: 'second secret', proof }, now + minute)
  t.not(state, first.state)
  t.equal(await findHandshakeByState(database, first.state, now + minute), undefined, 'the old state is no longer valid')
  const found = await findHandshakeByState(database, state ?? '', now + minute)
  t.equal(found !== undefined && isBrowserOf(found, 'second secret'), true)
  t.equal(found === undefined || isBrowserOf(found, 'first secret'), false)
})

t.test('is claimed exactly once by concurrent requests', async (t) => {
  const { id } = await confirmed()
  const claims = await Promise.all(Array.from({ length: 20 }, () => claim(id)))
  t.equal(claims.filter(Boolean).length, 1)
  t.equal(await claim(id), false)
  t.equal(await confirmHandshake(database, { id, browser: 'late' }, now), undefined, 'it cannot be confirmed afterwards')
})

t.test('cannot be claimed by a callback after it has been confirmed again', async (t) => {
  const { id, state } = await confirmed('first browser')
  const found = await findHandshakeByState(database, state, now)
  t.equal(found !== undefined && isBrowserOf(found, 'first browser'), true, 'the callback is valid when it is read')
  const repeated = await confirmHandshake(database, { id, browser: 'another tab', proof: { cookie: 'first browser' } }, now) ?? ''
  t.equal(found !== undefined && await claimHandshake(database, found, now), false, 'and no longer when it is claimed')
  const other = await findHandshakeByState(database, repeated, now)
  t.match(other, { id, status: 'pending', claimed: false }, 'the handshake waits for the other tab')
  t.equal(other !== undefined && await claimHandshake(database, other, now), true)
})

t.test('ends when it expires', async (t) => {
  const { id, state } = await confirmed()
  const after = now + 10 * minute
  t.equal((await findHandshakeByState(database, state, after))?.status, 'expired')
  t.equal(await claim(id, after), false)
  t.equal(await confirmHandshake(database, { id, browser: 'late' }, after), undefined)
  t.equal(await claim(id, after - 1), true, 'and not earlier')
})

t.test('cannot be claimed before it is confirmed', async (t) => {
  await t.rejects(claim(await open()))
})

t.test('fails with a reason, and stays failed', async (t) => {
  const { id, state } = await confirmed()
  await claim(id)
  t.equal(await failHandshake(database, id, 'denied'), true)
  t.match(await findHandshakeByState(database, state, now + 60 * minute), { status: 'failed', error: 'denied', connectionId: null })
  const [connectionId = ''] = await connect(database, ['ann'])
  await completeHandshake(database, id, connectionId)
  t.equal(await failHandshake(database, id, 'internal'), false)
  t.match(await findHandshake(database, id, now), { status: 'failed', error: 'denied', connectionId: null }, 'the first reason stays')
  t.equal(await claim(id), false)
})

t.test('stays completed after any later call', async (t) => {
  const { id } = await confirmed()
  await claim(id)
  const [connectionId = ''] = await connect(database, ['ann'])
  await completeHandshake(database, id, connectionId)
  await failHandshake(database, id, 'internal')
  t.match(await findHandshake(database, id, now), { status: 'completed', connectionId, error: null })
})

const vault = createVault(parseVaultKeys(`test:${Buffer.alloc(32, 1).toString('base64')}`))

t.test('stores a pending authorization sealed, until the handshake ends', async (t) => {
  const id = newId()
  const authorization = { pending: { requestSecret: 'hush' }, authorizeUrl: 'https://pump.example/?oauth_token=quiet' }
  const expiresAt = new Date(now + 20 * minute)
  const opened = { id, userId, provider: 'pumpio', kind: 'verifier', account: 'ann@pump.example', returnTo: undefined, expiresAt } as const
  await createHandshake(database, { ...opened, pending: sealPendingAuthorization(vault, id, authorization) }, now)
  const found = await findHandshake(database, id, now)
  t.match(found, { kind: 'verifier', account: 'ann@pump.example', expiresAt })
  t.notMatch(found?.pending, /hush|quiet/)
  t.same(found === undefined ? undefined : openPendingAuthorization(vault, found), authorization)
  t.throws(() => openPendingAuthorization(vault, { id: newId(), kind: 'verifier', pending: found?.pending ?? '' }), 'and opens for no other')
  await claim(id)
  await failHandshake(database, id, 'denied')
  t.match(await findHandshake(database, id, now), { pending: null })
})

t.test('accepts the expected token instead of its own state', async (t) => {
  const [first, second] = [await confirmed(), await confirmed()]
  t.equal(await expectCallback(database, { id: first.id, state: 'another', token: 'token-1', pending: 'sealed' }, now), false)
  t.equal(await expectCallback(database, { id: first.id, state: first.state, token: 'token-1', pending: 'sealed' }, now), true)
  t.match(await findHandshakeByState(database, 'token-1', now), { id: first.id, pending: 'sealed' })
  t.equal(await findHandshakeByState(database, first.state, now), undefined)
  const stolen = { id: second.id, state: second.state, token: 'token-1', pending: 'sealed' }
  t.equal(await expectCallback(database, stolen, now), false, 'a host cannot claim the callback of another handshake')
})

t.test('accepts a limited number of verifiers, one at a time', async (t) => {
  const id = await createHandshake(database, { userId, provider: 'pumpio', kind: 'verifier', returnTo: undefined }, now)
  const tries = await Promise.all(Array.from({ length: 10 }, () => claimTry(database, id, now)))
  t.same(tries.filter((left) => left !== undefined), [maxTries - 1])
  await releaseHandshake(database, id)
  for (let left = maxTries - 2; left >= 0; left--) {
    t.equal(await claimTry(database, id, now), left)
    await releaseHandshake(database, id)
  }
  t.equal(await claimTry(database, id, now + 10 * minute), undefined, 'and none after it has expired')
})

t.test('allows one poll at a time, at the interval', async (t) => {
  const id = await createHandshake(database, { userId, provider: 'blotre', kind: 'code', returnTo: undefined }, now)
  const turns = await Promise.all(Array.from({ length: 10 }, () => claimPoll(database, id, 15_000, now)))
  t.equal(turns.filter(Boolean).length, 1)
  t.equal(await claimPoll(database, id, 15_000, now + 14_999), false)
  t.equal(await claimPoll(database, id, 15_000, now + 15_000), true, 'the process that polled may have crashed')
  await schedulePoll(database, id, now + 20_000)
  t.equal(await claimPoll(database, id, 15_000, now + 19_999), false)
  t.equal(await claimPoll(database, id, 15_000, now + 20_000), true)
  t.equal(await claimPoll(database, id, 15_000, now + 10 * minute), false)
})
