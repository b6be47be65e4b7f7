import { readFile } from 'node:fs/promises'
import { saveConnections } from '@carillon/shared/connections'
import { continueDeletions } from '@carillon/shared/user-data'
import { putTeam } from '@carillon/shared/teams'
import { countLockWaits, until } from '@carillon/testing'
import t from 'tap'
import { at, openTestApi, textAt } from '../../open-api.ts'
import { connectUsers, noteTo } from '../seed.ts'

const api = await openTestApi(t, { offer: ['pushbullet', 'blotre'] })
const key = await api.makeKey()
const ask = (method: 'GET' | 'POST' | 'DELETE', path: string, token = key, body?: unknown) => api.ask(method, path, { token, body })
const { sql } = api.database

async function complete (userId: string): Promise<void> {
  await until(async () => {
    // What the worker does, a minute later.
    await sql`update user_deletions set created_at = now() - interval '2 minutes'`
    await sql`update revocations set state = 'done', credentials = null, due_at = null where state = 'pending'`
    await continueDeletions({ database: api.database, log: api.services.log })
    const { body } = await ask('GET', `/v1/users/${userId}/deletion`)
    return at(body, 'status') === 'completed' || undefined
  })
}

t.test('deletes a user, and says what became of the data', async (t) => {
  const token = await api.makeUser('ann', 'Ann Example')
  const connections = await connectUsers(api, ['ann', 'bea'])
  await putTeam(api.database, { externalId: 'crew', name: 'The crew', ownerId: 'bea', memberIds: ['ann'] })
  const { body: notification } = await ask('POST', '/v1/notifications', key, noteTo('ann', 'bea'))
  t.equal((await ask('DELETE', '/v1/users/unknown')).status, 404)
  t.equal((await ask('DELETE', '/v1/users/ann', token)).status, 403, 'users do not delete themselves')

  const { status, headers, body } = await ask('DELETE', '/v1/users/ann')
  t.equal(status, 202)
  t.equal(headers['location'], '/v1/users/ann/deletion')
  t.match(body, {
    userId: 'ann',
    status: 'running',
    completedAt: null,
    connections: [{ connectionId: connections.get('ann'), provider: 'pushbullet', teamId: null, revocation: /notSupported|pending/ }],
    teams: { left: ['crew'], ownerless: [] }
  })
  t.match(await ask('GET', '/v1/connections', token), { status: 401, body: { code: 'tokenRevoked' } }, 'tokens end at once')
  t.equal((await ask('GET', '/v1/users/ann')).status, 404)
  t.notMatch(await ask('GET', '/v1/users'), { body: { data: [{ userId: /deleted/ }] } }, 'no list contains the pseudonym')
  t.match((await ask('GET', `/v1/notifications/${textAt(notification, 'id')}`)).body, { counts: { skipped: 1, queued: 1 } })
  const { body: delivery } = await ask('GET', `/v1/notifications/${textAt(notification, 'id')}/deliveries/${connections.get('ann')}`)
  t.match(delivery, { state: 'skipped', reason: 'userDeleted', explanation: /because the user was deleted\.$/ })
  t.match((await ask('GET', '/v1/events?type=connection.disconnected')).body, { data: [{ data: { connectionId: connections.get('ann'), userId: 'ann' } }] })

  await complete('ann')
  const repeated = await ask('DELETE', '/v1/users/ann')
  t.match(repeated, { status: 200, body: { status: 'completed', erased: { connections: 1, deliveries: 1, notifications: 1 } } })
  t.same((await ask('GET', '/v1/users/ann/deletion')).body, repeated.body)
  t.match((await ask('GET', `/v1/audit?targetId=${String(connections.get('ann'))}`)).body, {
    data: [{ action: 'connection.imported', userId: null, details: { provider: 'pushbullet' } }]
  })
  t.match((await ask('GET', '/v1/audit?action=user.deleted')).body, {
    data: [{ actor: { kind: 'apiKey' }, target: { kind: 'user', id: /^usr_/ }, userId: null }]
  })
  t.same(at((await ask('GET', '/v1/audit?userId=ann')).body, 'data'), [], 'the audit trail names no user who was deleted')
  t.match((await ask('GET', `/v1/notifications/${textAt(notification, 'id')}`)).body, { audience: { userIds: [/^deleted:/, 'bea'] }, counts: { skipped: 1, queued: 1 } })

  const fresh = await api.makeUser('ann')
  t.equal((await ask('GET', '/v1/connections', fresh)).status, 200, 'a user with the same id is another user')
  t.match(await ask('GET', '/v1/connections', token), { status: 401 }, 'for whom the old token does not work')
  t.same(at((await ask('GET', '/v1/connections', fresh)).body, 'data'), [])
  const [{ id: pseudonym }] = await sql<[{ id: string }]>`select external_id as id from users where deleted_at is not null`
  t.match(await ask('POST', '/v1/user-tokens', key, { userId: pseudonym }), { status: 400, body: { code: 'invalidInput' } })
})

t.test('the report names all the data that is kept, as the documentation does', async (t) => {
  await api.makeUser('kim')
  const { body } = await ask('DELETE', '/v1/users/kim')
  const documented = (await readFile(new URL('../../../../../docs/users.md', import.meta.url), 'utf8')).split('## What is kept, and why').at(-1) ?? ''
  const rows = documented.split('\n').filter((line) => line.startsWith('| ')).slice(1).map((line) => line.replaceAll('`', '').slice(2, -2).split(' | '))
  t.ok(rows.some(([data]) => data === 'Entries of the audit trail'))
  t.same(at(body, 'kept'), rows.map(([data, reason]) => ({ data, reason })))
})

t.test('stores no connection for a user whose deletion is committed first', async (t) => {
  const { id } = (await sql<[{ id: string }]>`insert into users (id, external_id) values (gen_random_uuid(), 'carl') returning id`)[0]
  const grant = { credentials: { accessToken: 'late' }, account: { id: 'carl', name: 'Carl' } }
  // The deletion holds the lock of the user until it is committed.
  const saving = sql.begin(async (tx) => {
    await tx`select from users where id = ${id} for update`
    const saved = saveConnections(api.database, api.services.vault, [{ userId: id, provider: 'blotre', grant }]).catch((error: unknown) => error)
    await until(async () => await countLockWaits(api.database) > 0)
    await tx`update users set deleted_at = now(), external_id = ${`deleted:${id}`} where id = ${id}`
    return { saved }
  })
  t.match(await (await saving).saved, { name: 'DeletedUserError' })
})

t.test('exports everything about a user, and nothing about others', async (t) => {
  const token = await api.makeUser('dora', 'Dora Example')
  const others = await api.makeUser('emil', 'Emil Other')
  const connections = await connectUsers(api, ['dora', 'emil'])
  await putTeam(api.database, { externalId: 'club', name: 'The club', ownerId: 'dora', memberIds: ['emil'] })
  await ask('POST', '/v1/handshakes', token, { provider: 'blotre' })
  for (let index = 0; index < 3; index++) await ask('POST', '/v1/notifications', key, noteTo('dora', 'emil'))
  await sql`
    update deliveries set state = 'sent', attempts = 1, due_at = null, job_id = null, receipt = '{"id": "r1"}',
      history = history || '{"at": "2026-11-30T09:00:00Z", "event": "seen"}'
    where connection_id = ${String(connections.get('dora')).slice(4)}`
  t.equal((await ask('GET', '/v1/users/dora/export', others)).status, 404, 'to a user, other users do not exist')
  t.equal((await ask('GET', '/v1/users/unknown/export')).status, 404)

  const { status, headers, body } = await ask('GET', '/v1/users/dora/export')
  t.equal(status, 200)
  t.match(headers['content-type'], /^application\/json/)
  t.match(body, {
    user: { userId: 'dora', displayName: 'Dora Example' },
    teams: [{ teamId: 'club', name: 'The club', isOwner: true }],
    connections: [{ id: connections.get('dora'), userId: 'dora', events: [{ event: 'connection.connected' }] }],
    handshakes: [{ provider: 'blotre', status: 'pending' }],
    deliveries: Array.from({ length: 3 }, () => ({
      userId: 'dora', state: 'sent', receipt: { id: 'r1' }, message: { type: 'note' }, history: [{ event: 'queued' }, { event: 'seen' }]
    })),
    events: [{ type: 'connection.connected', data: { userId: 'dora' } }],
    insights: [],
    audit: [{ action: 'connection.imported', actor: { kind: 'apiKey' } }, { action: 'user.exported', actor: { kind: 'apiKey' }, target: { kind: 'user', id: /^usr_/ } }]
  })
  t.notMatch(JSON.stringify(body), /emil|Emil|credentials|v1\./, 'neither another user nor a credential')
  const own = await ask('GET', '/v1/users/dora/export', token)
  t.equal(own.status, 200)
  t.match([at(own.body, 'audit')].flat().at(-1), { action: 'user.exported', actor: { kind: 'user' }, ipAddress: /./ }, 'users export their own data')
})
