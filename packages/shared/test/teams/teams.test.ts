import t from 'tap'
import { disconnect, findConnection, listEvents, saveConnections } from '../../src/connections/index.ts'
import { createHandshake } from '../../src/handshakes/index.ts'
import { countMembers, findMembership, findTeam, listMemberIds, putTeam } from '../../src/teams/index.ts'
import { ensureUser } from '../../src/users/index.ts'
import { openTestDatabase } from '../open-test-database.ts'
import { grantOf, vault } from '../people.ts'

const database = await openTestDatabase(t)
const membersOf = async (externalId: string): Promise<string[]> =>
  listMemberIds(database, (await findTeam(database, externalId))?.id ?? '')

t.test("creates a team and its users, with the site's ids", async (t) => {
  await ensureUser(database, { externalId: 'olive', displayName: 'Olive' })
  t.match(await putTeam(database, { externalId: 'crew', name: 'The crew', ownerId: 'olive', memberIds: ['bob', 'ann'] }), { isNew: true })
  t.match(await findTeam(database, 'crew'), { externalId: 'crew', name: 'The crew', owner: { externalId: 'olive', displayName: 'Olive' } })
  t.same(await membersOf('crew'), ['ann', 'bob', 'olive'], 'the owner is one of them')
  t.equal(await findTeam(database, 'Crew'), undefined)
})

t.test('replaces its members as a set, each time', async (t) => {
  const input = { externalId: 'set', name: 'Set', ownerId: 'olive', memberIds: ['ann', 'bob', 'olive'] }
  await putTeam(database, input)
  const { id } = await findTeam(database, 'set') ?? {}
  t.match(await putTeam(database, { ...input, name: 'Another', memberIds: ['bob', 'cleo'] }), {
    isNew: false, isRenamed: true, newOwner: undefined, added: { length: 1 }, removed: { length: 1 }
  })
  t.match(await findTeam(database, 'set'), { id, name: 'Another' })
  t.same(await membersOf('set'), ['bob', 'cleo', 'olive'])
  const people = await database.sql`select * from users order by id`
  await putTeam(database, { ...input, memberIds: [] })
  t.same(await membersOf('set'), ['olive'])
  t.same(await membersOf('crew'), ['ann', 'bob', 'olive'], 'another team does not change')
  t.same(await database.sql`select * from users order by id`, people, 'former members stay users')
})

t.test('applies the last of several concurrent calls completely', async (t) => {
  const sets = Array.from({ length: 8 }, (_, number) => [`set-${number}`, ...Array.from({ length: 20 }, (_, index) => `of-${number}-${index}`)])
  await Promise.all(sets.map(([ownerId = '', ...memberIds]) => putTeam(database, { externalId: 'race', name: ownerId, ownerId, memberIds })))
  const team = await findTeam(database, 'race')
  const winner = sets.find(([ownerId]) => ownerId === team?.owner.externalId) ?? []
  t.same(await membersOf('race'), [...winner].sort())
  t.equal(team?.name, winner[0])
})

t.test('accepts a team with thousands of members', async (t) => {
  const memberIds = Array.from({ length: 5_000 }, (_, index) => `many-${index}`)
  await putTeam(database, { externalId: 'many', name: 'Many', ownerId: 'many-7', memberIds })
  t.equal((await membersOf('many')).length, 5_000)
  t.equal(await countMembers(database, ['many', 'many', 'set', 'nowhere']), 10_001)
})

t.test('returns the role of a user in a team, and nothing about other teams', async (t) => {
  const of = async (team: string, user: string): Promise<boolean | undefined> =>
    (await findMembership(database, { externalId: team }, { externalId: user }))?.isOwner
  t.equal(await of('crew', 'olive'), true)
  t.equal(await of('crew', 'ann'), false)
  t.equal(await of('crew', 'cleo'), undefined)
  t.equal(await of('nowhere', 'ann'), undefined)
  t.equal(await of('crew', 'nobody'), undefined)
  const { team } = await findMembership(database, { externalId: 'crew' }, { externalId: 'ann' }) ?? {}
  t.match(await findMembership(database, { id: team?.id ?? '' }, { id: team?.owner.id ?? '' }), { team: { externalId: 'crew' }, isOwner: true })
})

t.test('keeps the connections when the owner changes, and records that', async (t) => {
  const input = { externalId: 'handed', name: 'Handed', ownerId: 'olive', memberIds: ['ann'] }
  await putTeam(database, input)
  const team = await findTeam(database, 'handed')
  const held = { teamId: team?.id ?? '', connectedBy: team?.owner.id ?? '' }
  const [open, closed] = await saveConnections(database, vault, [
    { ...held, provider: 'facebook', grant: grantOf('page') }, { ...held, provider: 'other', grant: grantOf('shop') }
  ])
  await disconnect(database, closed?.id ?? '')
  await putTeam(database, input)
  await putTeam(database, { ...input, ownerId: 'ann', memberIds: [] })
  t.same(await membersOf('handed'), ['ann'])
  const eventsOf = async (id = '') => (await listEvents(database, id)).map(({ event }) => event)
  t.same(await eventsOf(open?.id), ['connection.connected', 'connection.transferred'])
  t.same(await eventsOf(closed?.id), ['connection.connected', 'connection.disconnected'])
})

t.test('keeps the connections when their member is deleted, and deletes them with the team', async (t) => {
  const { sql } = database
  const input = { externalId: 'left', name: 'Left', ownerId: 'dora', memberIds: ['olive'] }
  await putTeam(database, input)
  const { id: teamId = '', owner } = await findTeam(database, 'left') ?? {}
  const held = { teamId, connectedBy: owner?.id ?? '', provider: 'facebook' }
  const [connection] = await saveConnections(database, vault, [{ ...held, grant: grantOf('page') }])
  const id = connection?.id ?? ''
  await createHandshake(database, { userId: owner?.id ?? '', ...held, returnTo: undefined }, Date.now())
  await putTeam(database, { ...input, ownerId: 'olive', memberIds: ['dora'] })

  await sql`delete from users where external_id = 'dora'`
  t.match(await findConnection(database, id), { teamId: 'left', connectedBy: null, status: 'active' })
  t.same(await membersOf('left'), ['olive'])
  await createHandshake(database, { ...held, userId: (await findTeam(database, 'left'))?.owner.id ?? '', returnTo: undefined }, Date.now())
  await sql`delete from teams where id = ${teamId}`
  t.equal(await findConnection(database, id), undefined)
  t.same(await sql`select from handshakes where team_id = ${teamId} union all select from team_members where team_id = ${teamId}`, [])
})
