import t from 'tap'
import { disconnect, findConnection, findSealed, listEvents, saveConnections } from '../../src/connections/index.ts'
import { findRevocation, markNeedsReauth, openCredentials, revocationContext } from '../../src/grants/index.ts'
import { loadConfig } from '../../src/config/index.ts'
import { newId } from '../../src/db/index.ts'
import { ensureUser } from '../../src/users/index.ts'
import type { Database } from '../../src/db/index.ts'
import { createProviders } from '../../src/providers/index.ts'
import type { Credentials, Provider } from '../../src/providers/index.ts'
import { createVault, VaultError } from '../../src/vault/index.ts'
import { openCountedDatabase } from '../open-counted-database.ts'
import { openTestDatabase } from '../open-test-database.ts'
import { connect, ensureUsers, grantOf, vault } from '../people.ts'

const database = await openTestDatabase(t)
const pushbullet = providerOf('pushbullet')

t.test('stores a grant, sealed for its own row', async (t) => {
  const { id: userId } = await ensureUser(database, { externalId: 'ann' })
  const expiresAt = new Date('2030-01-01T12:00:00Z')
  const [saved] = await saveConnections(database, vault, [{ userId, provider: 'pushbullet', grant: { ...grantOf('ann'), expiresAt } }])
  t.match(saved, { id: String, userId, provider: 'pushbullet', reconnected: false })
  const id = saved?.id ?? ''
  t.match(await findConnection(database, id), {
    id,
    owner: { userId, teamId: null },
    teamId: null,
    connectedBy: null,
    userId: 'ann',
    provider: 'pushbullet',
    status: 'active',
    statusReason: null,
    account: { id: 'account-ann', name: 'ann at the provider' },
    credentialsVersion: 1,
    expiresAt,
    limitedUntil: null
  })
  t.notOk('credentials' in (await findConnection(database, id) ?? {}), 'other readers receive no credentials')
  t.same(await openAt(database, id), { accessToken: 'token-of-ann' })

  const sealed = await findSealed(database, id)
  t.match(sealed, { id, credentials: /^v1\.test\./ })
  t.notMatch(JSON.stringify(await database.sql`select * from connections`), 'token-of-ann')
  t.throws(() => openCredentials(vault, pushbullet, { grantId: newId(), credentials: sealed?.credentials ?? '' }), { code: 'moved' })
  const otherVault = createVault([{ id: 'other', secret: Buffer.alloc(32, 1) }])
  t.throws(() => openCredentials(otherVault, pushbullet, { grantId: id, credentials: sealed?.credentials ?? '' }), VaultError)
})

t.test("refuses credentials in another provider's format", async (t) => {
  const id = newId()
  const credentials = vault.seal('{"other":"shape hush"}', { table: 'connections', column: 'credentials', id })
  const error = t.throws(() => openCredentials(vault, pushbullet, { grantId: id, credentials }), { name: 'ProviderError' })
  t.notMatch(String(error), 'hush')
})

t.test('replaces the credentials when a user reconnects, and keeps the id', async (t) => {
  const [id = ''] = await connect(database, ['bob'])
  await markNeedsReauth(database, { grantId: id, credentialsVersion: 1, reason: 'tokenRevoked' })
  await database.sql`update connections set limited_until = now() + interval '1 hour' where id = ${id}`
  await database.sql`update grants set expires_at = now() where id = ${id}`
  const before = await findConnection(database, id)
  t.match(before, { status: 'needsReauth', statusReason: 'tokenRevoked', limitedUntil: Date })

  const [again] = await saveConnections(database, vault, [
    { userId: before?.owner.userId ?? '', provider: 'pushbullet', grant: grantOf('bobby') }
  ])
  t.match(again, { id, reconnected: true })
  const after = await findConnection(database, id)
  t.match(after, {
    status: 'active',
    statusReason: null,
    account: { id: 'account-bobby' },
    credentialsVersion: 2,
    expiresAt: null,
    limitedUntil: null,
    createdAt: before?.createdAt
  })
  t.ok((after?.updatedAt ?? 0) > (before?.updatedAt ?? 0))
  t.same(await openAt(database, id), { accessToken: 'token-of-bobby' })
})

t.test('keeps connections of a user at different providers separate', async (t) => {
  const [first] = await connect(database, ['cleo'], 'pushbullet')
  const [second] = await connect(database, ['cleo'], 'other')
  t.not(first, second)
  t.same(await connect(database, ['cleo'], 'other'), [second])
  t.match(await findConnection(database, first ?? ''), { credentialsVersion: 1 })
})

t.test('creates one connection for two concurrent grants, whose credentials open', async (t) => {
  for (let round = 0; round < 10; round++) {
    const { id: userId } = await ensureUser(database, { externalId: `twin-${round}` })
    const tokens = Array.from({ length: 4 }, (_, index) => `token-${index}`)
    const saved = (await Promise.all(tokens.map((token) =>
      saveConnections(database, vault, [{ userId, provider: 'pushbullet', grant: grantOf('twin', token) }])))).flat()
    t.equal(new Set(saved.map(({ id }) => id)).size, 1)
    t.equal(saved.filter(({ reconnected }) => !reconnected).length, 1)
    const [{ id } = { id: '' }] = saved
    t.equal((await findConnection(database, id))?.credentialsVersion, 4)
    t.ok(tokens.includes((await openAt(database, id)).accessToken ?? ''))
  }
})

t.test('stores a thousand grants in a few statements, and returns results in their order', async (t) => {
  const database = await openCountedDatabase(t)
  const names = Array.from({ length: 1_000 }, (_, index) => `user-${index}`)
  const userIds = await ensureUsers(database, names)
  const grants = userIds.map((userId, index) => ({ userId, provider: 'pushbullet', grant: grantOf(names[index] ?? '') }))
  await saveConnections(database, vault, grants.slice(0, 100))

  database.statements.length = 0
  const saved = await saveConnections(database, vault, grants)
  t.ok(database.statements.length <= 8, `${database.statements.length} statements`)
  t.same(saved.map(({ userId }) => userId), grants.map(({ userId }) => userId))
  t.equal(saved.filter(({ reconnected }) => reconnected).length, 100)
  for (const index of [0, 99, 100, 999]) {
    t.same(await openAt(database, saved[index]?.id ?? ''), { accessToken: `token-of-${names[index]}` })
  }
  database.statements.length = 0
  t.same(await saveConnections(database, vault, []), [])
  t.same(database.statements, [])
})

t.test('stores all grants of a call or none', async (t) => {
  const { id: userId } = await ensureUser(database, { externalId: 'dan' })
  await t.rejects(saveConnections(database, vault, [
    { userId, provider: 'pushbullet', grant: grantOf('dan') }, { userId: newId(), provider: 'pushbullet', grant: grantOf('nobody') }
  ]))
  t.same(await database.sql`select from connections where user_id = ${userId}`, [])
})

t.test('deletes the credentials when a user disconnects, once', async (t) => {
  const [id = ''] = await connect(database, ['eve'])
  await database.sql`update connections set limited_until = now() + interval '1 hour' where id = ${id}`
  await database.sql`update grants set expires_at = now() where id = ${id}`
  t.equal(await disconnect(database, id), true)
  t.match(await findConnection(database, id), {
    status: 'revoked', statusReason: 'disconnected', credentialsVersion: 2, expiresAt: null, limitedUntil: null
  })
  t.equal(await findSealed(database, id), undefined)
  t.same(await database.sql`select credentials from grants where id = ${id}`, [{ credentials: null }])
  t.equal(await disconnect(database, id), false)
  t.equal(await disconnect(database, newId()), false)

  t.same(await connect(database, ['eve']), [id], 'a reconnect finds the same connection')
  t.match(await findConnection(database, id), { status: 'active', credentialsVersion: 3 })
})

t.test('marks dead credentials, and not newer ones', async (t) => {
  const [id = ''] = await connect(database, ['fay'])
  await connect(database, ['fay'])
  t.equal(await markNeedsReauth(database, { grantId: id, credentialsVersion: 1, reason: 'tokenRevoked' }), false, 'a response about the old token')
  t.match(await findConnection(database, id), { status: 'active', credentialsVersion: 2 })
  t.equal(await markNeedsReauth(database, { grantId: id, credentialsVersion: 2, reason: 'tokenRevoked' }), true)
  t.equal(await markNeedsReauth(database, { grantId: id, credentialsVersion: 2, reason: 'another' }), false, 'it is already marked')
  t.match(await findConnection(database, id), { status: 'needsReauth', statusReason: 'tokenRevoked', credentialsVersion: 2 })
  t.match((await listEvents(database, id)).slice(2), [{ event: 'connection.needs_reauth', reason: 'tokenRevoked' }], 'it records one event')
  t.ok(await findSealed(database, id), 'the credentials stay')
  await disconnect(database, id)
  t.equal(await markNeedsReauth(database, { grantId: id, credentialsVersion: 3, reason: 'late' }), false, 'the connection is closed')
})

function providerOf (id: string): Provider {
  const found = createProviders(loadConfig({ PUSHBULLET_CLIENT_ID: 'c', PUSHBULLET_CLIENT_SECRET: 's' })).get(id)
  if (found === undefined) throw new Error(`There is no provider ${id}`)
  return found
}

async function openAt (database: Database, id: string) {
  const sealed = await findSealed(database, id)
  if (sealed === undefined) throw new Error('There are no credentials')
  return openCredentials(vault, pushbullet, sealed)
}

t.test('queues the revocation of replaced and deleted credentials, and records the events', async (t) => {
  const [id = ''] = await connect(database, ['roger'])
  const { id: userId } = await ensureUser(database, { externalId: 'roger' })
  const save = (token: string, canRevoke = true) =>
    saveConnections(database, vault, [{ userId, provider: 'pushbullet', grant: grantOf('roger', token) }], () => ({ accounts: 'one', canRevoke }))
  const queued = async () => (await database.sql<Array<{ id: string, credentials: string }>>`
    select id, credentials from revocations where connection_id = ${id} order by id`)
    .map((row) => JSON.parse(vault.open(row.credentials, revocationContext(row.id))))

  await save('second', false)
  t.same(await queued(), [], 'not where the provider cannot revoke')
  await save('third')
  t.same(await queued(), [{ accessToken: 'second' }])
  await save('third')
  t.same(await queued(), [{ accessToken: 'second' }], 'and never of those that were just stored')
  t.equal(await disconnect(database, id, { revokeWith: vault }), true)
  t.same(await queued(), [{ accessToken: 'second' }, { accessToken: 'third' }])
  t.equal(await disconnect(database, id, { revokeWith: vault }), false)
  await save('fourth')
  t.equal((await queued()).length, 2, 'there are no credentials left to revoke')
  t.same((await listEvents(database, id)).map(({ event }) => event), [
    'connection.connected', 'connection.reconnected', 'connection.reconnected', 'connection.reconnected', 'connection.disconnected',
    'connection.reconnected'
  ])
  t.match(await findRevocation(database, id), { state: 'pending', attempts: 0, reason: null, at: Date })
})

t.test('queues the revocation of a replaced address that has no tokens, unless it is the same address', async (t) => {
  const [userId = ''] = await ensureUsers(database, ['addressed'])
  const save = async (secret: string): Promise<string> => {
    const credentials: Credentials & { webhookId: string, secret: string } = { webhookId: '1', secret }
    const grant = { credentials, account: { id: 'channel', name: 'Channel' } }
    const [saved] = await saveConnections(database, vault, [{ userId, provider: 'chat', grant }], () => ({ accounts: 'many', canRevoke: true }))
    return saved?.id ?? ''
  }
  const id = await save('first')
  const queued = async () => (await database.sql<Array<{ id: string, credentials: string }>>`
    select id, credentials from revocations where connection_id = ${id} order by id`)
    .map((row) => JSON.parse(vault.open(row.credentials, revocationContext(row.id))))
  t.equal(await save('first'), id)
  t.same(await queued(), [], 'revoking it would end the new grant')
  await save('second')
  t.same(await queued(), [{ webhookId: '1', secret: 'first' }])
})

t.test('lets a user reconnect whose old credentials no key opens', async (t) => {
  const [id = ''] = await connect(database, ['keyless'])
  await database.sql`update grants set credentials = 'v1.lost.AAAA' where id = ${id}`
  const { id: userId } = await ensureUser(database, { externalId: 'keyless' })
  await saveConnections(database, vault, [{ userId, provider: 'pushbullet', grant: grantOf('keyless') }], () => ({ accounts: 'one', canRevoke: true }))
  t.match(await findConnection(database, id), { status: 'active' })
  t.equal(await findRevocation(database, id), undefined)
})
