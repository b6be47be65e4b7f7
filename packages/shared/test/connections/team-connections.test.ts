import t from 'tap'
import { findConnection, findSealed, listConnections, listEvents, saveConnections } from '../../src/connections/index.ts'
import { openCredentials, revocationContext } from '../../src/grants/index.ts'
import { loadConfig } from '../../src/config/index.ts'
import { createHandshake, findHandshake } from '../../src/handshakes/index.ts'
import { newId } from '../../src/db/index.ts'
import { findTeam, putTeam } from '../../src/teams/index.ts'
import { ensureUser } from '../../src/users/index.ts'
import { createProviders } from '../../src/providers/index.ts'
import { openTestDatabase } from '../open-test-database.ts'
import { connect, grantOf, vault } from '../people.ts'

const database = await openTestDatabase(t)
const olive = await ensureUser(database, { externalId: 'olive', displayName: 'Olive' })
const max = await ensureUser(database, { externalId: 'max' })
const put = async (externalId: string, ownerId: string, ...memberIds: string[]): Promise<string> => {
  await putTeam(database, { externalId, name: `Team ${externalId}`, ownerId, memberIds })
  return (await findTeam(database, externalId))?.id ?? ''
}
const crew = await put('crew', 'olive', 'max')
const save = (connectedBy: string, token: string, teamId = crew) =>
  saveConnections(database, vault, [{ teamId, connectedBy, provider: 'pushbullet', grant: grantOf(token) }], () => ({ accounts: 'one', canRevoke: true }))

t.test('stores one sealed connection per team and provider, with the user who connected it', async (t) => {
  const [saved] = await save(olive.id, 'first')
  t.match(saved, { userId: null, teamId: crew, provider: 'pushbullet', reconnected: false })
  const id = saved?.id ?? ''
  t.match(await findConnection(database, id), {
    owner: { userId: null, teamId: crew }, userId: null, teamId: 'crew', connectedBy: { userId: 'olive', name: 'Olive' }, status: 'active'
  })
  t.notMatch(JSON.stringify(await database.sql`select * from connections`), 'token-of-first')

  await put('crew', 'max', 'olive')
  const [again] = await save(max.id, 'second')
  t.match(again, { id, reconnected: true })
  t.match(await findConnection(database, id), { connectedBy: { userId: 'max', name: 'max' }, credentialsVersion: 2 })
  const sealed = await findSealed(database, id)
  const provider = createProviders(loadConfig({ PUSHBULLET_CLIENT_ID: 'c', PUSHBULLET_CLIENT_SECRET: 's' })).get('pushbullet')
  if (provider === undefined || sealed === undefined) throw new Error('there is nothing to open')
  t.same(openCredentials(vault, provider, sealed), { accessToken: 'token-of-second' })
  const queued = await database.sql<Array<{ id: string, credentials: string }>>`select id, credentials from revocations where connection_id = ${id}`
  t.same(queued.map((row) => JSON.parse(vault.open(row.credentials, revocationContext(row.id)))), [{ accessToken: 'token-of-first' }])
  t.same((await listEvents(database, id)).map(({ event }) => event), ['connection.connected', 'connection.transferred', 'connection.reconnected'])
})

t.test('stores nothing for a user who does not own the team, nor other grants of the same call', async (t) => {
  const teamId = await put('others', 'olive', 'max')
  for (const outsider of [max.id, newId()]) await t.rejects(save(outsider, 'outsider', teamId), { name: 'NotOwnerError' })
  await t.rejects(save(olive.id, 'nowhere', newId()), { name: 'NotOwnerError' })
  const grants = [
    { userId: max.id, provider: 'pushbullet', grant: grantOf('max') }, { teamId, connectedBy: max.id, provider: 'pushbullet', grant: grantOf('team') }
  ]
  await t.rejects(saveConnections(database, vault, grants), { name: 'NotOwnerError' })
  t.same(await database.sql`select from connections where user_id = ${max.id} or team_id = ${teamId}`, [])
})

t.test("serializes a change of the owner and the end of a handshake, so only an owner's grant is stored", async (t) => {
  for (let round = 0; round < 5; round++) {
    const teamId = await put(`race-${round}`, 'olive', 'max')
    const [saved] = await Promise.allSettled([save(olive.id, `race-${round}`, teamId), put(`race-${round}`, 'max', 'olive')])
    const [connection] = await listConnections(database, { teamId: `race-${round}` }, { limit: 1 })
    if (saved.status === 'rejected') t.equal(connection, undefined)
    else {
      const events = (await listEvents(database, connection?.id ?? '')).map(({ event }) => event)
      t.same(events, ['connection.connected', 'connection.transferred'], 'the user who connected it was the owner')
    }
  }
})

t.test('lists the connections that a user may see: their own, and those of their teams', async (t) => {
  const [own = ''] = await connect(database, ['max'], 'other')
  const [annes = ''] = await connect(database, ['anne'], 'other')
  const closed = await put('closed', 'olive')
  const [foreign] = await save(olive.id, 'closed', closed)
  const seen = async (filter: Parameters<typeof listConnections>[1]): Promise<string[]> =>
    (await listConnections(database, filter, { limit: 100 })).map(({ id }) => id)
  const all = await seen({ visibleTo: max.id })
  t.ok(all.includes(own))
  t.notOk(all.includes(annes) || all.includes(foreign?.id ?? ''))
  const [ofCrew = ''] = await seen({ teamId: 'crew' })
  t.ok(all.includes(ofCrew))
  t.same(await seen({ visibleTo: max.id, userId: 'anne' }), [])
  t.same(await seen({ visibleTo: max.id, teamId: 'closed' }), [])
  t.same(await seen({ userId: 'max' }), [own], "a team's connection belongs to no user")
})

t.test('reports whether the user of a team handshake currently owns the team', async (t) => {
  await put('changing', 'olive', 'max')
  const teamId = (await findTeam(database, 'changing'))?.id ?? ''
  const now = Date.now()
  const id = await createHandshake(database, { userId: olive.id, teamId, provider: 'pushbullet', returnTo: undefined }, now)
  t.match(await findHandshake(database, id, now), {
    userId: olive.id, team: { id: teamId, externalId: 'changing', name: 'Team changing', isOwn: true }
  })
  await put('changing', 'max')
  t.match(await findHandshake(database, id, now), { team: { isOwn: false } })
})
