import { createHash } from 'node:crypto'
import t from 'tap'
import {
  claimHandshake, completeHandshake, confirmHandshake, createHandshake, failHandshake, findHandshake,
  findHandshakeByState, isBrowserOf
} from '../../src/connections/index.ts'
import { ensureUser, newId } from '../../src/db/index.ts'
import { openTestDatabase } from '../open-test-database.ts'
import { connect } from '../people.ts'

const database = await openTestDatabase(t)
const minute = 60_000
const now = Date.parse('2030-01-01T12:00:00Z')
const { id: userId } = await ensureUser(database, { externalId: 'ann', displayName: 'Ann' })

const open = (returnTo?: string) => createHandshake(database, { userId, provider: 'pushbullet', returnTo }, now)

async function confirmed (browser = 'secret of a browser'): Promise<{ id: string, state: string }> {
  const id = await open()
  return { id, state: await confirmHandshake(database, { id, browser }, now) ?? '' }
}

t.test('opens a handshake that lives for ten minutes', async (t) => {
  const id = await open('https://site.example/done')
  t.same(await findHandshake(database, id, now), {
    id,
    userId,
    userName: 'Ann',
    provider: 'pushbullet',
    kind: 'redirect',
    status: 'pending',
    error: null,
    returnTo: 'https://site.example/done',
    connectionId: null,
    claimed: false,
    browserHash: null,
    expiresAt: new Date(now + 10 * minute)
  })
  t.equal((await findHandshake(database, id, now + 10 * minute - 1))?.status, 'pending')
  t.equal((await findHandshake(database, id, now + 10 * minute))?.status, 'expired')
  t.equal(await findHandshake(database, newId(), now), undefined)
})

t.test('calls a person without a name by the site\'s id', async (t) => {
  const { id: userId } = await ensureUser(database, { externalId: 'bob' })
  const id = await createHandshake(database, { userId, provider: 'pushbullet', returnTo: undefined }, now)
  t.match(await findHandshake(database, id, now), { userName: 'bob', returnTo: null })
})

t.test('goes from confirmed to claimed to completed', async (t) => {
  const { id, state } = await confirmed()
  const found = await findHandshakeByState(database, state, now + minute)
  t.match(found, { id, status: 'pending', claimed: false })
  if (found === undefined) return
  t.equal(isBrowserOf(found, 'secret of a browser'), true)
  t.equal(isBrowserOf(found, 'secret of another'), false)
  t.equal(isBrowserOf(found, ''), false)

  t.equal(await claimHandshake(database, id, now + minute), true)
  t.match(await findHandshake(database, id, now + minute), { status: 'pending', claimed: true })
  const [connectionId = ''] = await connect(database, ['ann'])
  await completeHandshake(database, id, connectionId)
  t.match(await findHandshake(database, id, now + 60 * minute), { status: 'completed', connectionId, error: null }, 'for good')
})

t.test('belongs to nobody\'s browser before it is confirmed', async (t) => {
  const found = await findHandshake(database, await open(), now)
  t.ok(found)
  t.equal(found === undefined || isBrowserOf(found, ''), false)
})

t.test('keeps state and browser secret as hashes only', async (t) => {
  const { id, state } = await confirmed('hush hush')
  t.match(state, /^[\w-]{43}$/, '256 bits')
  const [row] = await database.sql`select * from handshakes where id = ${id}`
  t.equal(row?.['state_hash'], createHash('sha256').update(state).digest('hex'))
  t.equal(row?.['browser_hash'], createHash('sha256').update('hush hush').digest('hex'))
  t.notMatch(JSON.stringify(row), state)
  t.notMatch(JSON.stringify(row), 'hush')
  t.equal(await findHandshakeByState(database, String(row?.['state_hash']), now), undefined, 'and a hash opens nothing')
})

t.test('starts the trip anew when it is confirmed again', async (t) => {
  const first = await confirmed('first browser')
  const state = await confirmHandshake(database, { id: first.id, browser: 'second browser' }, now + minute)
  t.not(state, first.state)
  t.equal(await findHandshakeByState(database, first.state, now + minute), undefined, 'the old state leads nowhere')
  const found = await findHandshakeByState(database, state ?? '', now + minute)
  t.equal(found !== undefined && isBrowserOf(found, 'second browser'), true)
  t.equal(found === undefined || isBrowserOf(found, 'first browser'), false)
})

t.test('is claimed exactly once, however many come at once', async (t) => {
  const { id } = await confirmed()
  const claims = await Promise.all(Array.from({ length: 20 }, () => claimHandshake(database, id, now)))
  t.equal(claims.filter(Boolean).length, 1)
  t.equal(await claimHandshake(database, id, now), false)
  t.equal(await confirmHandshake(database, { id, browser: 'late' }, now), undefined, 'nor is it confirmed any more')
})

t.test('is over when its time is', async (t) => {
  const { id, state } = await confirmed()
  const after = now + 10 * minute
  t.equal((await findHandshakeByState(database, state, after))?.status, 'expired')
  t.equal(await claimHandshake(database, id, after), false)
  t.equal(await confirmHandshake(database, { id, browser: 'late' }, after), undefined)
  t.equal(await claimHandshake(database, id, after - 1), true, 'and not a moment before')
})

t.test('cannot be claimed before anybody has confirmed', async (t) => {
  await t.rejects(claimHandshake(database, await open(), now))
})

t.test('fails for a reason, and stays failed', async (t) => {
  const { id, state } = await confirmed()
  await claimHandshake(database, id, now)
  await failHandshake(database, id, 'denied')
  t.match(await findHandshakeByState(database, state, now + 60 * minute), { status: 'failed', error: 'denied', connectionId: null })
  const [connectionId = ''] = await connect(database, ['ann'])
  await completeHandshake(database, id, connectionId)
  await failHandshake(database, id, 'internal')
  t.match(await findHandshake(database, id, now), { status: 'failed', error: 'denied', connectionId: null }, 'the first word counts')
  t.equal(await claimHandshake(database, id, now), false)
})

t.test('stays completed, whatever comes after', async (t) => {
  const { id } = await confirmed()
  await claimHandshake(database, id, now)
  const [connectionId = ''] = await connect(database, ['ann'])
  await completeHandshake(database, id, connectionId)
  await failHandshake(database, id, 'internal')
  t.match(await findHandshake(database, id, now), { status: 'completed', connectionId, error: null })
})
