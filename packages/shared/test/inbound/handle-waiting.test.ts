import t from 'tap'
import { handleWaiting, storeMessage } from '../../src/inbound/index.ts'
import { createLog, runWithRequestId } from '../../src/log/index.ts'
import type { InboundEvent, Provider } from '../../src/providers/index.ts'
import { openTestDatabase } from '../open-test-database.ts'
import { connect, vault } from '../people.ts'

const database = await openTestDatabase(t)
const { sql } = database
const lines: string[] = []
const log = createLog({ name: 'test', level: 'info', destination: { write: (line) => { lines.push(line) } } })
const services = { database, vault, providers: new Map(), log, now: Date.now }

/** The event that an account was removed, as the process leaves it that crashed after it had stored the message. */
async function leave (name: string, provider = 'facebook'): Promise<string> {
  const events: InboundEvent[] = [{ kind: 'accountRemoved', accountId: `account-${name}`, issuedAt: new Date(Date.now() + 1_000) }]
  const { id = '' } = await storeMessage(database, vault, provider, { id: name, events })
  return id
}

async function statusOf (id: string) {
  return (await sql`select status from connections where id = ${id}`)[0]?.['status']
}

t.test('handles the events of a process that crashed, once its time is over', async (t) => {
  const [connection = ''] = await connect(database, ['ann'], 'facebook')
  const id = await runWithRequestId('request-1', () => leave('ann'))
  await handleWaiting(services)
  t.equal(await statusOf(connection), 'active', 'another process handles it at the moment')
  await sql`update notices set handle_at = now() where id = ${id}`
  await handleWaiting(services)
  t.equal(await statusOf(connection), 'revoked')
  t.match((await sql`select * from notices where id = ${id}`)[0], { events: null, closed: 1 })
  t.match(JSON.parse(lines.at(-1) ?? ''), { msg: 'handled a notice', requestId: 'request-1' }, 'its line names the request of the provider')
})

t.test('revokes what works on after the user removed the application', async (t) => {
  const [webhook, token] = [await connect(database, ['cleo'], 'discord'), await connect(database, ['dora'], 'facebook')].flat()
  for (const id of [await leave('cleo', 'discord'), await leave('dora')]) await sql`update notices set handle_at = now() where id = ${id}`
  const provider = { accounts: 'many', survivesRemoval: true } as Provider
  await handleWaiting({ ...services, providers: new Map([['discord', provider]]) })
  t.same([await statusOf(webhook ?? ''), await statusOf(token ?? '')], ['revoked', 'revoked'])
  t.match(await sql`select connection_id, provider, state from revocations`, [{ connection_id: webhook, provider: 'discord', state: 'pending' }])
})

t.test('tries events that fail again, and gives them up after a day', async (t) => {
  const id = await leave('bob')
  const unreadable = 'v1.other.x'
  await sql`update notices set handle_at = now(), events = ${unreadable} where id = ${id}`
  await handleWaiting(services)
  t.match((await sql`select events, handle_at > now() as waits from notices where id = ${id}`)[0], { events: unreadable, waits: true })
  await sql`update notices set at = now() - interval '25 hours' where id = ${id}`
  await handleWaiting(services)
  t.match((await sql`select events from notices where id = ${id}`)[0], { events: null })
  t.match(lines.join(''), /gave up notices/)
})

t.test('deletes handled notices after a month, but not the confirmations of deletions', async (t) => {
  await sql`delete from notices`
  for (const [kind, days] of [['linkOpened', 31], ['linkOpened', 29], ['delete', 400]] as const) {
    await sql`
      insert into notices (id, provider, kind, digest, code, at)
      values (gen_random_uuid(), 'facebook', ${kind}, ${`${kind}-${days}`}, ${`${kind}-${days}`}, now() - ${days} * interval '1 day')`
  }
  await handleWaiting(services)
  t.same((await sql`select digest from notices order by digest`).map(({ digest }) => digest), ['delete-400', 'linkOpened-29'])
})
