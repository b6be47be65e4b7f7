import t from 'tap'
import {
  closeAccount, disconnect, findConnection, listConnections, listEvents, saveConnections, unsubscribe, updateConnection
} from '../../src/connections/index.ts'
import type { ConnectionRules } from '../../src/connections/index.ts'
import { newId } from '../../src/db/index.ts'
import { openTestDatabase } from '../open-test-database.ts'
import { ensureUsers, vault } from '../people.ts'

const database = await openTestDatabase(t)

async function connect (user: string, accounts: string[], mode: ConnectionRules['accounts'], provider: string = mode): Promise<string[]> {
  const [userId = ''] = await ensureUsers(database, [user])
  const all = accounts.map((id) => ({
    userId, provider: provider.toLowerCase(), grant: { credentials: { accessToken: `token-${id}` }, account: { id, name: id } }
  }))
  return (await saveConnections(database, vault, all, () => ({ accounts: mode, canRevoke: false }))).map(({ id }) => id)
}

const open = async (userId: string): Promise<string[]> =>
  (await listConnections(database, { userId, status: 'open' }, { limit: 10 })).map(({ account }) => account.id)

t.test('keeps one connection of a user for each account', async (t) => {
  const [phone = '', laptop = ''] = await connect('ann', ['phone', 'laptop'], 'many')
  t.not(phone, laptop)
  t.same(await connect('ann', ['phone'], 'many'), [phone], 'reconnecting an account keeps its id')
  t.same(await open('ann'), ['phone', 'laptop'])
  await connect('bob', ['phone'], 'many')
  t.same(await open('ann'), ['phone', 'laptop'], 'another user may connect the same account')
  await disconnect(database, phone)
  t.same(await open('ann'), ['laptop'])
  t.same(await connect('ann', ['phone'], 'many'), [phone])
})

t.test('replaces the account where a user may connect one', async (t) => {
  const [first = ''] = await connect('cleo', ['old'], 'one')
  t.same(await connect('cleo', ['new'], 'one'), [first])
  t.same(await open('cleo'), ['new'])
})

t.test('moves an account that belongs to one user at a time to the user who connects it last', async (t) => {
  const [his = ''] = await connect('dan', ['browser', 'tablet'], 'manyExclusive')
  const [hers = ''] = await connect('eve', ['browser'], 'manyExclusive')
  t.not(his, hers)
  t.match(await findConnection(database, his), { status: 'revoked', statusReason: 'another user connected this account' })
  t.match((await listEvents(database, his)).at(-1), { event: 'connection.disconnected', reason: 'another user connected this account' })
  t.same([await open('dan'), await open('eve')], [['tablet'], ['browser']])
  t.same(await connect('dan', ['browser'], 'manyExclusive'), [his])
  t.same(await open('eve'), [])
})

t.test('names a connection and mutes it, and records that once', async (t) => {
  const [id = ''] = await connect('fay', ['phone'], 'many')
  t.same(await updateConnection(database, id, { label: 'My phone', muted: 'muted' }), ['label', 'muted'])
  t.match(await findConnection(database, id), { label: 'My phone', muted: 'muted', status: 'active' })
  t.same(await updateConnection(database, id, { label: 'My phone', muted: 'muted' }), [])
  t.match(await findConnection(database, id), { label: 'My phone', muted: 'muted' }, 'an absent member does not change')
  t.same(await updateConnection(database, id, { label: null, muted: null }), ['label', 'muted'])
  t.match(await findConnection(database, id), { label: null, muted: null })
  t.same((await listEvents(database, id)).map(({ event }) => event), ['connection.connected', 'connection.muted', 'connection.unmuted'])
  await disconnect(database, id)
  t.equal(await updateConnection(database, id, { label: 'late' }), undefined, 'a closed connection does not change')
  t.equal(await updateConnection(database, newId(), { label: 'unknown' }), undefined)
})

t.test('mutes every open connection of an address that was unsubscribed', async (t) => {
  const [ofGil = ''] = await connect('gil', ['g@example.com'], 'many', 'mail')
  const [ofHal = ''] = await connect('hal', ['g@example.com'], 'many', 'mail')
  const [other = ''] = await connect('gil', ['other@example.com'], 'many', 'mail')
  t.equal(await unsubscribe(database, { provider: 'mail', accountId: 'g@example.com' }), 2)
  t.equal(await unsubscribe(database, { provider: 'mail', accountId: 'g@example.com' }), 0, 'once')
  t.match([await findConnection(database, ofGil), await findConnection(database, ofHal), await findConnection(database, other)],
    [{ muted: 'unsubscribed' }, { muted: 'unsubscribed' }, { muted: null }])
  t.match((await listEvents(database, ofGil)).at(-1), { event: 'connection.muted', reason: 'unsubscribed' })
  await connect('gil', ['g@example.com'], 'many', 'mail')
  t.match(await findConnection(database, ofGil), { muted: 'unsubscribed' }, 'a reconnect alone does not end the silence')
})

t.test('closes the accounts that a person granted when the provider reports the end of the person', async (t) => {
  const [userId = ''] = await ensureUsers(database, ['uma'])
  const connectChannel = async (id: string, grantedBy?: string): Promise<void> => {
    const account = { id, name: id, ...grantedBy !== undefined && { grantedBy } }
    await saveConnections(database, vault, [{ userId, provider: 'chat', grant: { credentials: {}, account } }], () => ({ accounts: 'many', canRevoke: false }))
  }
  const remove = async (accountId: string, at: Date, erases = false) =>
    (await closeAccount(database, { provider: 'chat', accountId, reason: 'removed', at, erases })).length
  await connectChannel('one', 'person')
  await connectChannel('two', 'person')
  await connectChannel('three', 'another')
  await connectChannel('four')
  await connectChannel('person')
  t.equal(await remove('person', new Date(Date.now() - 60_000)), 0, 'not what was connected later')
  t.equal(await remove('person', new Date(Date.now() + 1_000)), 3)
  t.same(await open('uma'), ['three', 'four'])
  await connectChannel('two')
  t.equal(await remove('person', new Date(Date.now() + 60_000)), 0, 'the last grant counts')
  t.equal(await remove('another', new Date(Date.now() + 60_000), true), 1)
  t.same(await database.sql`select from connections where granted_by = 'another'`, [], 'nothing of the person is kept')
})

t.test('keeps what the rules keep of replaced credentials', async (t) => {
  const [userId = ''] = await ensureUsers(database, ['gil'])
  const rules: ConnectionRules = {
    accounts: 'many', canRevoke: false, merge: (old, fresh) => ({ accessToken: `${fresh.accessToken} after ${old.accessToken}` })
  }
  const connect = async (accessToken: string, id = 'phone'): Promise<string> => {
    const grant = { credentials: { accessToken }, account: { id, name: id } }
    return (await saveConnections(database, vault, [{ userId, provider: 'many', grant }], () => rules))[0]?.id ?? ''
  }
  const stored = async (id: string): Promise<unknown> => {
    const [row] = await database.sql<Array<{ credentials: string }>>`select credentials from grants where id = ${id}`
    return JSON.parse(vault.open(row?.credentials ?? '', { table: 'connections', column: 'credentials', id }))
  }
  const id = await connect('one')
  t.same(await stored(id), { accessToken: 'one' })
  await connect('two')
  t.same(await stored(id), { accessToken: 'two after one' })
  t.same(await stored(await connect('one', 'laptop')), { accessToken: 'one' }, 'another account replaces nothing')
  await disconnect(database, id)
  await connect('three')
  t.same(await stored(id), { accessToken: 'three' }, 'the credentials of a connection that ended are erased')
})
