import { findConnection, listEvents } from '@carillon/shared/connections'
import { backends, until } from '@carillon/testing'
import t from 'tap'
import { startTestStack } from '../start-test-stack.ts'

// The queue makes no difference.
const backend = (await backends()).find(({ skip }) => skip === false)
if (backend === undefined) throw new Error('there is no queue')
const stack = await startTestStack(t, await backend.open(t), { offer: ['webhook'] })
const { connectAt, control, database, delivery, inboxOf, notify } = stack
t.jobs = 4

async function connect (user: string) {
  const [{ id, account } = { id: '', account: '' }] = await connectAt('webhook', [user])
  const respond = (status: number) => control('POST', '/webhook/endpoints', { account, status })
  const send = async (title: string): Promise<string> => (await notify([user], { message: { type: 'note', title } })).id
  const streak = async () => (await database.sql`select failure_streak as streak from connections where id = ${id}`)[0]?.['streak']
  return { id, account, respond, send, streak }
}

t.test('an endpoint that refuses three requests in a row must be connected again, and its messages wait', async (t) => {
  const { id, account, respond, send } = await connect('ann')
  await respond(401)
  const parked = await delivery(await send('First'), id, 'parked')
  t.match(parked, { attempts: 3, reason: /three times in a row/ })
  t.match(parked.history.slice(1), [{ outcome: 'transient', status: 401 }, { outcome: 'transient' }, { outcome: 'unauthorized', status: 401 }])
  t.match(await findConnection(database, id), { status: 'needsReauth', statusReason: /refused our requests/ })
  t.same((await listEvents(database, id)).map(({ event }) => event), ['connection.connected', 'connection.needs_reauth'])
  t.same(await inboxOf('webhook', account), [])
})

t.test('single refusals between successes do not count', async (t) => {
  const { id, account, respond, send, streak } = await connect('bob')
  for (const round of [1, 2]) {
    await respond(403)
    const message = await send(`Message ${round}`)
    await until(async () => (await streak())?.times === 1, { what: 'a refusal' })
    await respond(200)
    await delivery(message, id, 'sent')
    t.equal(await streak(), null)
  }
  t.match(await findConnection(database, id), { status: 'active' })
  t.equal((await inboxOf('webhook', account)).length, 2)
})

t.test('an endpoint that has not existed for three days is gone', async (t) => {
  const { id, respond, send, streak } = await connect('cleo')
  await respond(404)
  const message = await send('Hello')
  await until(async () => await streak() !== null, { what: 'a failure' })
  t.match(await findConnection(database, id), { status: 'active' })
  await database.sql`update connections set failure_streak = jsonb_set(failure_streak, '{since}', to_jsonb(now() - interval '3 days')) where id = ${id}`
  t.match(await delivery(message, id, 'failed'), { reason: /did not exist for three days/, history: [{ event: 'queued' }] })
  t.match(await findConnection(database, id), { status: 'revoked', statusReason: /did not exist/ })
})
