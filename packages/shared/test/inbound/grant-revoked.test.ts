import t from 'tap'
import { findConnection, saveConnections } from '../../src/connections/index.ts'
import { handleNotice, storeMessage } from '../../src/inbound/index.ts'
import { createLog } from '../../src/log/index.ts'
import type { Grant } from '../../src/providers/index.ts'
import { openTestDatabase } from '../open-test-database.ts'
import { ensureUsers, grantOf, vault } from '../people.ts'

const database = await openTestDatabase(t)
const { sql } = database
const services = { database, vault, providers: new Map(), log: createLog({ name: 'test', level: 'silent' }), now: Date.now }
const provider = 'acme'

t.test('parks the connections of a grant that the provider ended, and no others', async (t) => {
  const [ann, bob, cem] = await connect('north', 'ann', 'bob').then(async (ids) => [...ids, ...await connect('south', 'cem')])
  await end('north', new Date(Date.now() + 60_000))
  t.same(await Promise.all([ann, bob, cem].map(statusOf)), ['needsReauth', 'needsReauth', 'active'])
  t.match(await findConnection(database, ann ?? ''), { statusReason: 'the app was removed' })
  await end('nowhere', new Date(Date.now() + 60_000))
  await end('north', new Date(Date.now() + 60_000))
  t.equal((await sql`select from connection_events where event = 'connection.needs_reauth'`).length, 2, 'a second report changes nothing')
})

t.test('does not end credentials that are newer than the event, however late it arrives', async (t) => {
  await connect('east', 'dia')
  const [{ at }] = await sql<[{ at: Date }]>`select now() - interval '1 second' as at`
  const [dia] = await connect('east', 'dia')
  await sql`update grants set updated_at = now() where key = 'east'`
  await end('east', new Date(at))
  t.equal(await statusOf(dia), 'active')
})

async function connect (key: string, ...names: string[]): Promise<string[]> {
  const userIds = await ensureUsers(database, names)
  const toGrant = (name: string): Grant => ({ ...grantOf(name, key), shared: { key, target: { name } } })
  return (await saveConnections(database, vault, names.map((name, index) => ({ userId: userIds[index] ?? '', provider, grant: toGrant(name) }))))
    .map(({ id }) => id)
}

let messages = 0

async function end (key: string, issuedAt: Date): Promise<void> {
  const events = [{ kind: 'grantRevoked', key, issuedAt, reason: 'the app was removed' } as const]
  const { id = '' } = await storeMessage(database, vault, provider, { id: `message-${messages++}`, events })
  await handleNotice(services, id)
}

async function statusOf (id = ''): Promise<string | undefined> {
  return (await findConnection(database, id))?.status
}
