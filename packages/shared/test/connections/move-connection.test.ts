import { countLockWaits, until } from '@carillon/testing'
import t from 'tap'
import { findConnection, findSealed, listEvents, moveConnection, saveConnections } from '../../src/connections/index.ts'
import type { SealedConnection } from '../../src/connections/index.ts'
import { inTransaction } from '../../src/db/index.ts'
import { credentialsContext, openTarget } from '../../src/grants/seal.ts'
import type { Grant } from '../../src/providers/index.ts'
import { openTestDatabase } from '../open-test-database.ts'
import { ensureUsers, grantOf, vault } from '../people.ts'

const database = await openTestDatabase(t)

t.test('stores the new address of a connection with a grant of its own', async (t) => {
  const [own] = await connect({ ann: grantOf('ann') })
  const used = usedBy(await sealed(own))
  t.equal(await moveConnection(database, vault, used, { credentials: { accessToken: 'moved' } }), true)
  const now = await sealed(own)
  t.same([credentialsOf(now), now.credentialsVersion], [{ accessToken: 'moved' }, 2])
  t.equal(await moveConnection(database, vault, used, { credentials: { accessToken: 'late' }, accountId: 'late' }), false, 'newer credentials stay')
  t.same(credentialsOf(await sealed(own)), { accessToken: 'moved' })
})

t.test('moves the account of a connection, so that a later connect finds it', async (t) => {
  const [userId = ''] = await ensureUsers(database, ['dora'])
  const rules = () => ({ accounts: 'many' as const, canRevoke: false })
  const save = async (name: string): Promise<string> => {
    const [saved] = await saveConnections(database, vault, [{ userId, provider: 'acme', grant: grantOf(name) }], rules)
    return saved?.id ?? ''
  }
  const accountOf = async (id: string) => (await findConnection(database, id))?.account.id
  const [group, other] = [await save('group'), await save('other')]
  const { account: { id: newId } } = grantOf('supergroup')
  const move = async (id: string) => await moveConnection(database, vault, usedBy(await sealed(id)), { credentials: { accessToken: 'moved' }, accountId: newId })
  t.equal(await move(group), true)
  t.equal(await accountOf(group), newId)
  t.equal(await save('supergroup'), group, 'the connection keeps its id')
  t.equal(await move(other), true)
  t.match(await findConnection(database, other), { status: 'revoked', statusReason: 'it moved to an account that another connection has' }, 'no message arrives twice')
  t.match((await listEvents(database, other)).at(-1), { event: 'connection.disconnected', reason: /moved to an account/ })
  t.match(await findConnection(database, group), { status: 'active', account: { id: newId } }, 'the connection that was there stays')
  t.same(credentialsOf(await sealed(group)), grantOf('supergroup').credentials)

  const third = await save('third')
  const stored = credentialsOf(await sealed(third))
  const moveThird = async () => await moveConnection(database, vault, usedBy(await sealed(third)), { credentials: { accessToken: 'moved' }, accountId: 'elsewhere' })
  await database.sql`alter table connections add constraint refused check (account_id <> 'elsewhere')`
  await t.rejects(moveThird())
  t.same(credentialsOf(await sealed(third)), stored, 'without the id no address is stored, so the next message moves both')
  await database.sql`alter table connections drop constraint refused`
  t.equal(await moveThird(), true)
  t.equal(await accountOf(third), 'elsewhere')
})

t.test('takes the account over from a connection of the same user that receives no messages', async (t) => {
  const [userId = ''] = await ensureUsers(database, ['emil'])
  const rules = () => ({ accounts: 'many' as const, canRevoke: false })
  const save = async (name: string): Promise<string> => {
    const [saved] = await saveConnections(database, vault, [{ userId, provider: 'acme', grant: grantOf(name) }], rules)
    return saved?.id ?? ''
  }
  for (const [status, reason] of [['needsReauth', 'the token is not accepted'], ['revoked', 'disconnected']] as const) {
    const [group, ended] = [await save(`group ${status}`), await save(`chat ${status}`)]
    await database.sql`update connections set status = ${status}, status_reason = ${reason}, disconnected_at = case ${status} when 'revoked' then now() end where id = ${ended}`
    const accountId = grantOf(`chat ${status}`).account.id
    t.equal(await moveConnection(database, vault, usedBy(await sealed(group)), { credentials: { accessToken: 'moved' }, accountId }), true)
    t.match(await findConnection(database, group), { status: 'active', account: { id: accountId } })
    t.match(await findConnection(database, ended), { status: 'revoked' })
    t.equal(await save(`chat ${status}`), group, 'a later connect opens no second connection')
  }
})

t.test('waits for the grant of the other connection before it locks that connection', async (t) => {
  const [userId = ''] = await ensureUsers(database, ['fritz'])
  const save = async (name: string): Promise<string> => {
    const rules = () => ({ accounts: 'many' as const, canRevoke: false })
    const [saved] = await saveConnections(database, vault, [{ userId, provider: 'acme', grant: grantOf(name) }], rules)
    return saved?.id ?? ''
  }
  const [group, chat] = [await save('a group'), await save('its chat')]
  await database.sql`update connections set status = 'needsReauth', status_reason = 'the token is not accepted' where id = ${chat}`
  const used = usedBy(await sealed(group))
  const moving = await inTransaction(database, async (tx) => {
    await tx.sql`select from grants where id = (select grant_id from connections where id = ${chat}) for update`
    const moving = moveConnection(database, vault, used, { credentials: { accessToken: 'moved' }, accountId: grantOf('its chat').account.id })
    await until(async () => await countLockWaits(database) === 1, { what: 'the move that waits for the grant' })
    await tx.sql`select from connections where id = ${chat} for no key update nowait`
    return { moving }
  })
  t.equal(await moving.moving, true)
  t.match(await findConnection(database, chat), { status: 'revoked' })
})

t.test('changes only the target of a connection that shares its grant', async (t) => {
  const shared = (name: string, target: object): Grant => ({ ...grantOf(name, 'of all'), shared: { key: 'workspace', target } })
  const [bob, cem] = await connect({ bob: shared('bob', { person: 'bob', room: 1 }), cem: shared('cem', { person: 'cem', room: 2 }) })
  const used = usedBy(await sealed(bob))
  const before = await sealed(cem)
  t.equal(await moveConnection(database, vault, used, { credentials: Object.assign({ accessToken: 'of all', refreshToken: 'newer' }, { person: 'bob', room: 3 }) }), true)
  const now = await sealed(bob)
  t.same(targetOf(now), { person: 'bob', room: 3 }, 'tokens do not become part of the target')
  t.same(await sealed(cem), before, 'nothing of the others changes, the version of the grant included')
  t.equal(await moveConnection(database, vault, used, { credentials: Object.assign({ accessToken: 'of all' }, { room: 4 }) }), false, 'a newer target stays')
  t.same(targetOf(await sealed(bob)), { person: 'bob', room: 3 })
})

async function connect (grants: Record<string, Grant>): Promise<string[]> {
  const userIds = await ensureUsers(database, Object.keys(grants))
  const all = Object.values(grants).map((grant, index) => ({ userId: userIds[index] ?? '', provider: 'acme', grant }))
  return (await saveConnections(database, vault, all)).map(({ id }) => id)
}

async function sealed (id = ''): Promise<SealedConnection> {
  const found = await findSealed(database, id)
  if (found === undefined) throw new Error('there is no such connection')
  return found
}

function usedBy ({ id: connectionId, ...used }: SealedConnection) {
  return { ...used, connectionId }
}

function credentialsOf ({ grantId, credentials }: SealedConnection): unknown {
  return JSON.parse(vault.open(credentials, credentialsContext(grantId)))
}

function targetOf ({ id, target }: SealedConnection): object {
  return openTarget(vault, id, target ?? '')
}
