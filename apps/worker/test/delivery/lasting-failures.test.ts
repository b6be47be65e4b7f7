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
  const startedAgo = (time: string) => database.sql`
    update connections set failure_streak = jsonb_set(failure_streak, '{since}', to_jsonb(now() - ${time}::interval)) where id = ${id}`
  return { id, account, respond, send, streak, startedAgo }
}

t.test('an endpoint that refuses three requests in a row, over five minutes, must be connected again, and its messages wait', async (t) => {
  const { id, account, respond, send, streak, startedAgo } = await connect('ann')
  await respond(401)
  const message = await send('First')
  await until(async () => (await streak())?.times >= 3, { what: 'three refusals' })
  t.match(await findConnection(database, id), { status: 'active' }, 'at once, three refusals mean nothing')
  await startedAgo('5 minutes')
  const parked = await delivery(message, id, 'parked')
  t.match(parked, { reason: /three times in a row/ })
  t.match(parked.history.slice(1, 4), [{ outcome: 'transient', status: 401 }, { outcome: 'transient' }, { outcome: 'transient' }])
  t.match(parked.history.at(-1), { outcome: 'unauthorized', status: 401 })
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
  const { id, respond, send, streak, startedAgo } = await connect('cleo')
  await respond(404)
  const message = await send('Hello')
  await until(async () => await streak() !== null, { what: 'a failure' })
  t.match(await findConnection(database, id), { status: 'active' })
  await startedAgo('3 days')
  t.match(await delivery(message, id, 'failed'), { reason: /did not exist for three days/, history: [{ event: 'queued' }] })
  t.match(await findConnection(database, id), { status: 'revoked', statusReason: /did not exist/ })
})

t.test('a refusal does not count for the rule of endpoints that cannot be reached', async (t) => {
  const { id, respond, send, streak, startedAgo } = await connect('dora')
  await respond(401)
  await send('First')
  await until(async () => await streak() !== null, { what: 'a refusal' })
  await startedAgo('2 days')
  await respond(404)
  await until(async () => (await streak())?.rule === 'missing', { what: 'a response without an endpoint' })
  t.match(await findConnection(database, id), { status: 'active' })
  t.match(await streak(), { times: 1 }, 'its time and its count begin with it')
})
