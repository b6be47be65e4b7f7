import t from 'tap'
import { disconnect, findConnection, findSealed, listEvents, OverlappingGrantError, saveConnections } from '../../src/connections/index.ts'
import type { SavedConnection } from '../../src/connections/index.ts'
import { isInUse, markNeedsReauth, openCredentials, refuseGrant, releaseUnusedGrants, revocationContext, toRevocation } from '../../src/grants/index.ts'
import { createProviders } from '../../src/providers/index.ts'
import type { Grant, Provider } from '../../src/providers/index.ts'
import { loadConfig } from '../../src/config/index.ts'
import { openTestDatabase } from '../open-test-database.ts'
import { ensureUsers, vault } from '../people.ts'

const database = await openTestDatabase(t)
const { sql } = database
const [pushbullet] = createProviders(loadConfig({ PUSHBULLET_CLIENT_ID: 'c', PUSHBULLET_CLIENT_SECRET: 's' })).values()
if (pushbullet === undefined) throw new Error('it is offered')
/** A provider whose credentials have a member for the target. */
const workspaces: Provider = { ...pushbullet, parseCredentials: (value) => Object(value) }
const rules = () => ({ accounts: 'many' as const, canRevoke: true })
let number = 0

/** Connects these users to a workspace of their own, one after the other, each with the token that is valid then. */
async function openWorkspace (...names: string[]) {
  const key = `T${number++}`
  const users = names.map((name) => `${key}-${name}`)
  const userIds = await ensureUsers(database, users)
  const connect = async (name: string, token: string, changes: Partial<Grant> = {}): Promise<SavedConnection> => {
    const [saved] = await saveConnections(database, vault, [{
      userId: userIds[names.indexOf(name)] ?? '',
      provider: 'workspaces',
      grant: {
        credentials: { accessToken: token },
        account: { id: `${key}/${name}`, name, host: key },
        // Later than what is stored, which has a more precise time.
        requestedAt: new Date(Date.now() + 1),
        shared: { key, target: { channel: `D-${name}` } },
        ...changes
      }
    }], rules)
    if (saved === undefined) throw new Error('nothing was stored')
    return saved
  }
  const connections = new Map<string, SavedConnection>()
  for (const name of names) connections.set(name, await connect(name, `token-${name}`))
  const idOf = (name: string): string => connections.get(name)?.id ?? ''
  const grants = async () => [...await sql<Array<{ id: string, status: string, version: number, credentials: string | null }>>`
    select id, status, version, credentials from grants where provider = 'workspaces' and key = ${key}`]
  const revoked = async () => (await sql<Array<{ id: string, accountId: string, credentials: string }>>`
    select id, account_id as "accountId", credentials from revocations where provider = 'workspaces' and account_id = ${key}`)
    .map((row) => JSON.parse(vault.open(row.credentials, revocationContext(row.id))))
  return { key, connect, idOf, grants, revoked }
}

async function open (id: string): Promise<unknown> {
  const sealed = await findSealed(database, id)
  return sealed === undefined ? undefined : openCredentials(vault, workspaces, sealed)
}

const statusOf = async (id: string): Promise<string | undefined> => (await findConnection(database, id))?.status

t.test('stores the credentials of a workspace once, and gives each connection its own target', async (t) => {
  const { idOf, grants } = await openWorkspace('ann', 'bob')
  t.match(await grants(), [{ status: 'active', version: 3 }], 'one grant, whose version began without credentials')
  t.same(await open(idOf('ann')), { accessToken: 'token-bob', channel: 'D-ann' })
  t.same(await open(idOf('bob')), { accessToken: 'token-bob', channel: 'D-bob' })
  t.notMatch(JSON.stringify(await sql`select * from connections`), 'D-ann', 'targets are sealed')
})

t.test('does not replace rotating credentials by some that may be older', async (t) => {
  const { key, idOf, connect, grants } = await openWorkspace('ann', 'bob')
  const early = new Date(Date.now() - 60_000)
  const older = { credentials: { accessToken: 'old', refreshToken: 'old' }, requestedAt: early }
  await t.rejects(connect('ann', '', older), OverlappingGrantError)
  t.same(await open(idOf('ann')), { accessToken: 'token-bob', channel: 'D-ann' }, 'nothing is stored')
  await connect('ann', '', { ...older, credentials: { accessToken: 'token-bob', refreshToken: 'r' } })
  t.match(await open(idOf('bob')), { accessToken: 'token-bob', refreshToken: 'r' }, 'the same token is no other one')
  await connect('ann', '', { ...older, shared: { key, target: { channel: 'D-new' }, keepsStored: true } })
  t.same(await open(idOf('ann')), { accessToken: 'token-bob', refreshToken: 'r', channel: 'D-new' }, 'the connection uses the stored ones')
  await connect('ann', 'fixed', { requestedAt: early })
  t.match(await open(idOf('bob')), { accessToken: 'fixed' }, 'without rotation, everybody has the same token')

  const [{ id: grantId = '', version = 0 } = {}] = await grants()
  await markNeedsReauth(database, { grantId, credentialsVersion: version, reason: 'token revoked' })
  await t.rejects(connect('ann', '', { ...older, shared: { key, target: {}, keepsStored: true } }), OverlappingGrantError, 'nothing that works is stored')
  await connect('ann', '', older)
  t.match(await open(idOf('bob')), { accessToken: 'old' }, 'any credentials are better than refused ones')
})

t.test('parks all connections of refused credentials, and releases them when one user installs again', async (t) => {
  const { idOf, grants, connect } = await openWorkspace('ann', 'bob', 'cleo')
  const [{ id: grantId = '', version = 0 } = {}] = await grants()
  t.equal(await markNeedsReauth(database, { grantId, credentialsVersion: version - 1, reason: 'old' }), false, 'not for an old token')
  t.equal(await markNeedsReauth(database, { grantId, credentialsVersion: version, reason: 'token revoked' }), true)
  for (const name of ['ann', 'bob', 'cleo']) {
    t.match(await findConnection(database, idOf(name)), { status: 'needsReauth', statusReason: 'token revoked' })
    t.match((await listEvents(database, idOf(name))).at(-1), { event: 'connection.needs_reauth', reason: 'token revoked' })
  }
  const saved = await connect('bob', 'new')
  t.equal(saved.id, idOf('bob'), 'the connection keeps its id')
  t.same([...saved.recovered].sort(), [idOf('ann'), idOf('cleo')].sort())
  for (const name of ['ann', 'bob', 'cleo']) t.equal(await statusOf(idOf(name)), 'active', name)
  t.match((await listEvents(database, idOf('ann'))).at(-1), { event: 'connection.recovered' })
  t.same(await open(idOf('ann')), { accessToken: 'new', channel: 'D-ann' })
})

t.test('parks the connections of a grant whose end the provider reports, unless it has newer credentials', async (t) => {
  const { key, idOf, connect } = await openWorkspace('ann', 'bob')
  const end = { provider: 'workspaces', key, reason: 'the app was removed' }
  t.equal(await refuseGrant(database, { ...end, at: new Date('2020-01-01') }), false, 'the report is older than the credentials')
  t.equal(await refuseGrant(database, { ...end, provider: 'others', at: new Date() }), false)
  t.equal(await refuseGrant(database, { ...end, at: new Date(Date.now() + 60_000) }), true)
  t.match(await findConnection(database, idOf('ann')), { status: 'needsReauth', statusReason: 'the app was removed' })
  t.match(await findConnection(database, idOf('bob')), { status: 'needsReauth' })
  await connect('ann', 'again')
  t.equal(await statusOf(idOf('bob')), 'active')
})

t.test('revokes the credentials with the last connection only, and never when a user reconnects', async (t) => {
  const { key, idOf, grants, revoked, connect } = await openWorkspace('ann', 'bob')
  const account = { id: `${key}/cleo`, name: 'cleo' }
  const declined = toRevocation('workspaces', { credentials: { accessToken: 'token-bob' }, account, shared: { key, target: {} } })
  const isDeclinedInUse = async () => [await isInUse(database, declined, 'account'), await isInUse(database, declined, 'token')]
  t.same(await isDeclinedInUse(), [true, true], 'another user who declines the token does not end it')
  await connect('ann', 'rotated')
  t.same(await revoked(), [], 'a reconnect revokes nothing: the old token is the same installation')
  t.equal(await disconnect(database, idOf('ann'), { revokeWith: vault }), true)
  t.same(await revoked(), [])
  t.same(await open(idOf('bob')), { accessToken: 'rotated', channel: 'D-bob' }, 'the other connection works')
  t.equal(await findSealed(database, idOf('ann')), undefined)
  t.equal(await disconnect(database, idOf('bob'), { revokeWith: vault }), true)
  t.same(await revoked(), [{ accessToken: 'rotated' }])
  t.match(await grants(), [{ status: 'revoked', credentials: null }])
  t.same(await isDeclinedInUse(), [false, false])
  const saved = await connect('bob', 'back')
  t.equal(saved.id, idOf('bob'))
  t.match(await grants(), [{ status: 'active' }], 'and the workspace may come back')
  t.equal(await statusOf(idOf('ann')), 'revoked', 'without those who left')
})

t.test('revokes the credentials of a workspace whose last address is gone', async (t) => {
  const { idOf, grants, revoked } = await openWorkspace('ann')
  const revocation = { vault, canRevoke: () => true }
  await releaseUnusedGrants(database, revocation)
  t.match(await grants(), [{ status: 'active' }], 'not while a connection is open')
  await sql`
    update connections set status = 'revoked', status_reason = 'gone', disconnected_at = now(), target = null where id = ${idOf('ann')}`
  await releaseUnusedGrants(database, revocation)
  t.match(await grants(), [{ status: 'revoked', credentials: null }])
  t.same(await revoked(), [{ accessToken: 'token-ann' }])
})
