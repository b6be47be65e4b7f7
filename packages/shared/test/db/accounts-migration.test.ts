import { earlierDatabase } from '@carillon/testing'
import t from 'tap'
import { migrateDatabase, openDatabase } from '../../src/db/index.ts'
import { ensureUsers } from '../people.ts'

t.test('keeps handshakes and revocations of every state from before handshakes were bound to a browser', async (t) => {
  const { url } = await earlierDatabase(t, '0006')
  const database = openDatabase({ url, max: 1 })
  t.teardown(() => database.close())
  const { sql } = database

  const [ann = ''] = await ensureUsers(database, ['ann'])
  await sql`
    insert into connections (id, user_id, provider, status, account_id, account_name, credentials, connected_by)
    values (gen_random_uuid(), ${ann}, 'pushbullet', 'active', 'account', 'name', 'sealed', null)`
  await sql`
    insert into handshakes (id, user_id, provider, kind, expires_at, status, state_hash, browser_hash, confirmed_at, claimed_at, pending, error,
      connection_id)
    select gen_random_uuid(), ${ann}, 'pumpio', kind, now() + interval '1 minute', status, hash, hash, case when hash is not null then now() end,
      case when claimed then now() end, pending, error, case when status = 'completed' then (select id from connections) end
    from (values
      ('redirect', 'pending', null, false, null, null), ('redirect', 'pending', 'one', false, 'sealed', null),
      ('redirect', 'pending', 'two', true, 'sealed', null), ('redirect', 'completed', 'three', true, null, null),
      ('redirect', 'failed', 'four', true, null, 'denied'), ('verifier', 'pending', null, false, 'sealed', null),
      ('code', 'failed', null, true, null, 'codeExpired')
    ) as state (kind, status, hash, claimed, pending, error)`
  await sql`
    insert into revocations (id, connection_id, provider, credentials, state, due_at, reason)
    select gen_random_uuid(), (select id from connections), 'pushbullet', case when state = 'pending' then 'sealed' end, state,
      case when state = 'pending' then now() end, case when state = 'failed' then 'because' end
    from unnest(array['pending', 'done', 'failed']) as state`
  const rows = async (credentials = sql`credentials, expires_at`) => [
    await sql`select id, kind, status, state_hash, browser_hash, confirmed_at, claimed_at, pending, error, connection_id from handshakes order by id`,
    await sql`select id, connection_id, provider, credentials, state, due_at, reason from revocations order by id`,
    await sql`select id, status, ${credentials} from connections order by id`
  ]
  const before = await rows()
  t.same(before.map(({ length }) => length), [7, 3, 1])

  await migrateDatabase({ url })

  const ofGrant = sql`(select credentials from grants where grants.id = grant_id), (select expires_at from grants where grants.id = grant_id)`
  t.same(await rows(ofGrant), before, 'every row is unchanged')
  t.same(await sql`select from handshakes where obtained_at is not null or form_hash is not null`, [], 'none waits for a confirmation')
})
