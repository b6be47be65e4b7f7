import { until } from '@carillon/testing'
import t from 'tap'
import { saveConnections } from '../../src/connections/index.ts'
import { newId } from '../../src/db/index.ts'
import { createLog } from '../../src/log/index.ts'
import { putTeam } from '../../src/teams/index.ts'
import { continueDeletions, deleteUser, findDeletion, forgetDeleted } from '../../src/user-data/index.ts'
import { insertNotification } from '../notifications/insert-notification.ts'
import { openTestDatabase } from '../open-test-database.ts'
import { connect, ensureUsers, vault } from '../people.ts'

const database = await openTestDatabase(t)
const { sql } = database
const log = createLog({ name: 'test', level: 'silent' })
const remove = (userId: string, canRevoke = false) =>
  deleteUser({ database, vault, canRevoke: () => canRevoke, actor: { kind: 'system' } }, userId, Date.now())
const run = () => continueDeletions({ database, log })
/** Makes the deletions that are running as old as this. */
const age = (minutes: number) => sql`update user_deletions set created_at = now() - ${minutes} * interval '1 minute' where completed_at is null`
const isCompleted = async (userId: string) => (await findDeletion({ database, vault }, userId))?.completedAt instanceof Date
/** Runs until the deletion is completed: a transaction of another database may be older, and is waited for. */
const complete = (userId: string) => until(async () => {
  await run()
  return isCompleted(userId)
})

t.test('erases the user in what a transaction stores that began while the deletion was being committed', async (t) => {
  const [ann = ''] = await ensureUsers(database, ['ann'])
  await putTeam(database, { externalId: 'crew', name: 'The crew', ownerId: 'bob', memberIds: ['ann'] })
  const id = newId()
  await sql.begin(async (late) => {
    const removing = await sql.begin(async (other) => {
      await other`select from team_members where user_id = ${ann} for update`
      const deletion = remove('ann')
      await until(async () => (await sql`
        select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`).count === 1)
      await late`
        insert into notifications (id, origin, audience, message, planned_at)
        values (${id}, 'api', '{"userIds": ["ann"]}', '{"type": "note", "body": "Dear Ann"}', now())`
      return { deletion }
    })
    t.equal(await removing.deletion, true)
    await run()
  })
  await age(2)
  await complete('ann')
  t.same(await sql`select audience, message ->> 'body' as body from notifications where id = ${id}`, [
    { audience: { userIds: [`deleted:${ann}`] }, body: '(erased)' }
  ])
})

t.test('does not wait for ever for transactions that are older by their ids, as all are after a restore on another server', async (t) => {
  await ensureUsers(database, ['carl'])
  await remove('carl')
  await sql`update user_deletions set transaction_id = 9007199254740991 where completed_at is null`
  await age(59)
  await run()
  t.equal(await isCompleted('carl'), false)
  await age(61)
  await run()
  t.equal(await isCompleted('carl'), true)
})

t.test('continues every deletion, however many wait for a provider', async (t) => {
  const [connectionId = ''] = await connect(database, ['dora'])
  await remove('dora', true)
  await sql`
    insert into user_deletions (id, user_id, digest, external_id, transaction_id, connections, teams)
    select new_id(), user_id, digest, external_id, transaction_id, connections, teams
    from user_deletions cross join generate_series(1, 120) where completed_at is null`
  await ensureUsers(database, ['emil'])
  await remove('emil')
  await age(2)
  await complete('emil')
  t.same(await sql`select state from revocations where connection_id = ${connectionId}`, [{ state: 'pending' }])
  t.equal(await isCompleted('dora'), false)
  await sql`update revocations set state = 'done', credentials = null, due_at = null where connection_id = ${connectionId}`
  await until(async () => {
    await run()
    return (await sql`select from user_deletions where completed_at is null`).count === 0
  })
})

t.test('erases the name of a workspace with the last of its users', async (t) => {
  const [finn = '', gwen = ''] = await ensureUsers(database, ['finn', 'gwen'])
  const grantOf = (name: string) => ({
    credentials: { accessToken: 'token-of-them' }, account: { id: name, name }, shared: { key: 'their-workspace', target: { channel: name } }
  })
  await saveConnections(database, vault, [
    { userId: finn, provider: 'workspaces', grant: grantOf('finn') }, { userId: gwen, provider: 'workspaces', grant: grantOf('gwen') }
  ])
  const readGrants = () => sql`select status, key from grants where provider = 'workspaces'`
  await remove('finn')
  t.same(await readGrants(), [{ status: 'active', key: 'their-workspace' }])
  await remove('gwen')
  t.same(await readGrants(), [{ status: 'revoked', key: null }])
  await age(2)
  await complete('finn')
  await complete('gwen')
})

t.test('forgets a deleted user after the retention time, when nothing refers to the user', async (t) => {
  const names = ['hal', 'ida', 'jon', 'kim']
  const connectionIds = await connect(database, names, 'old')
  const sent = await insertNotification(database, [connectionIds[1] ?? ''], ['sent'])
  await putTeam(database, { externalId: 'theirs', name: 'Theirs', ownerId: 'jon', memberIds: [] })
  const days = new Map([['hal', 45], ['ida', 46], ['jon', 47], ['kim', 43]])
  for (const [name, age] of days) {
    const [userId = ''] = await ensureUsers(database, [name])
    await remove(name)
    await sql`
      update user_deletions set id = uuid_since(at), created_at = at, completed_at = at, external_id = null
      from (select now() - ${age} * interval '1 day' as at) as past where user_id = ${userId}`
  }
  const left = async () => {
    const found = await Promise.all(names.map((name) => findDeletion({ database, vault }, name)))
    const rows = await sql`
      select count(distinct connections.id)::int as connections, count(distinct grants.id)::int as grants
      from grants left join connections on grant_id = grants.id where grants.provider = 'old'`
    return [names.filter((_, index) => found[index] !== undefined), ...rows]
  }
  t.equal(await forgetDeleted(database, 30), 1)
  t.same(await left(), [['ida', 'jon', 'kim'], { connections: 3, grants: 3 }], 'but not those with a delivery or a team, and no later one')
  t.equal(await forgetDeleted(database, 30), 0)

  await sql`delete from deliveries where notification_id = ${sent}`
  await putTeam(database, { externalId: 'theirs', name: 'Theirs', ownerId: 'bob', memberIds: [] })
  t.equal(await forgetDeleted(database, 30), 2)
  t.same(await left(), [['kim'], { connections: 1, grants: 1 }])
})
