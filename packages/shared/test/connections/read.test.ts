import t from 'tap'
import { disconnect, findConnection, findSealed, listConnections } from '../../src/connections/index.ts'
import { markNeedsReauth } from '../../src/grants/index.ts'
import type { ConnectionFilter } from '../../src/connections/index.ts'
import { newId } from '../../src/db/index.ts'
import { ensureUser } from '../../src/users/index.ts'
import { openTestDatabase } from '../open-test-database.ts'
import { connect } from '../people.ts'

const database = await openTestDatabase(t)
const [ann = '', bob = '', cleo = ''] = await connect(database, ['ann', 'bob', 'cleo'])
const [annOther = ''] = await connect(database, ['ann'], 'other')
await ensureUser(database, { externalId: 'nobody' })
await markNeedsReauth(database, { grantId: bob, credentialsVersion: 1, reason: 'tokenRevoked' })
await disconnect(database, cleo)

const listed = async (filter: ConnectionFilter, page: { limit: number, after?: string } = { limit: 100 }): Promise<string[]> =>
  (await listConnections(database, filter, page)).map(({ id }) => id)

t.test('lists the connections that match a filter, in order of creation', async (t) => {
  t.same(await listed({}), [ann, bob, cleo, annOther])
  t.same(await listed({ userId: 'ann' }), [ann, annOther])
  t.same(await listed({ userId: 'nobody' }), [])
  t.same(await listed({ provider: 'other' }), [annOther])
  t.same(await listed({ status: 'active' }), [ann, annOther])
  t.same(await listed({ status: 'needsReauth' }), [bob])
  t.same(await listed({ status: 'revoked' }), [cleo])
  t.same(await listed({ userId: 'ann', provider: 'pushbullet', status: 'active' }), [ann])
  t.same(await listed({ userId: 'ann', status: 'revoked' }), [])
})

t.test('lists connections page by page', async (t) => {
  t.same(await listed({}, { limit: 2 }), [ann, bob])
  t.same(await listed({}, { limit: 2, after: bob }), [cleo, annOther])
  t.same(await listed({}, { limit: 2, after: annOther }), [])
  t.same(await listed({ userId: 'ann' }, { limit: 1, after: ann }), [annOther])
})

t.test('returns everything about a connection except its credentials', async (t) => {
  const [first] = await listConnections(database, { userId: 'ann' }, { limit: 1 })
  t.same(first, await findConnection(database, ann))
  t.same(Object.keys(first ?? {}).sort(), [
    'account', 'connectedBy', 'createdAt', 'credentialsVersion', 'expiresAt', 'grantId', 'id', 'label', 'limitedUntil',
    'missingPermissions', 'muted', 'owner', 'provider', 'status', 'statusReason', 'teamId', 'updatedAt', 'userId'
  ])
  t.match(await findSealed(database, ann), { ...first, credentials: /^v1\./ })
})

t.test('finds nothing for unknown ids', async (t) => {
  t.equal(await findConnection(database, newId()), undefined)
  t.equal(await findSealed(database, newId()), undefined)
  t.equal(await findSealed(database, cleo), undefined, 'a closed connection has no credentials')
})
