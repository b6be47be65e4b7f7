import { earlierDatabase } from '@carillon/testing'
import t from 'tap'
import { migrateDatabase, newId, openDatabase, scopes } from '../../src/db/index.ts'
import { putTeam } from '../../src/teams/index.ts'
import { saveConnections } from '../../src/connections/index.ts'
import { ensureUsers, grantOf, vault } from '../people.ts'

t.test('migrates data from before teams', async (t) => {
  const { url } = await earlierDatabase(t, '0004')
  const database = openDatabase({ url, max: 1 })
  t.teardown(() => database.close())
  const { sql } = database

  const people = await ensureUsers(database, ['ann', 'bob', 'cleo'])
  await sql`
    insert into connections (id, user_id, provider, status, status_reason, account_id, account_name, credentials, disconnected_at)
    select gen_random_uuid(), person.id, provider, status, reason, 'account', 'name', case when status <> 'revoked' then 'sealed' end,
      case when status = 'revoked' then now() end
    from unnest(${people}::uuid[]) as person (id)
    cross join (values ('pushbullet', 'active', null), ('pumpio', 'needsReauth', 'because'), ('blotre', 'revoked', 'disconnected'))
      as state (provider, status, reason)`
  await sql`
    insert into connection_events (id, connection_id, event) select gen_random_uuid(), id, 'connection.connected' from connections`
  await sql`
    insert into handshakes (id, user_id, provider, kind, expires_at)
    select gen_random_uuid(), id, 'pushbullet', 'redirect', now() + interval '1 minute' from users`
  await sql`insert into api_keys (id, name, secret_hash, scopes) values (${newId()}, 'old', 'hash', array['users:write', 'admin'])`
  const rows = async (credentials = sql`credentials, credentials_version`) => [
    await sql`select id, user_id, provider, status, ${credentials}, connected_at, updated_at from connections order by id`,
    await sql`select id, user_id, provider, expires_at from handshakes order by id`,
    await sql`select id, connection_id, event, at from connection_events order by id`,
    await sql`select id, scopes from api_keys`
  ]
  const before = await rows()
  t.same(before.map(({ length }) => length), [9, 3, 9, 1])

  await migrateDatabase({ url })

  const ofGrant = sql`(select credentials from grants where grants.id = grant_id),
    (select version from grants where grants.id = grant_id) as credentials_version`
  t.same(await rows(ofGrant), before, 'every row is unchanged')
  t.same(await sql`select from connections where team_id is not null or connected_by is not null`, [], 'none belongs to a team')
  await putTeam(database, { externalId: 'crew', name: 'Crew', ownerId: 'ann', memberIds: ['bob'] })
  const [crew] = await sql<Array<{ teamId: string, connectedBy: string }>>`select id as "teamId", owner_id as "connectedBy" from teams`
  if (crew === undefined) throw new Error('the team is not there')
  await t.resolves(saveConnections(database, vault, [{ ...crew, provider: 'facebook', grant: grantOf('crew') }]))
  await t.resolves(sql`update api_keys set scopes = ${[...scopes]}`)
})
