import { backends, until } from '@carillon/testing'
import t from 'tap'
import { deliver } from '../../src/delivery/deliver.ts'
import { startTestStack } from '../start-test-stack.ts'

const [backend] = await backends()
if (backend === undefined) throw new Error('PostgreSQL is always there')
const stack = await startTestStack(t, await backend.open(t), { start: false, offer: ['pushbullet', 'blotre'] })
const { services, database, lines, notify, counts, control, connectAt } = stack
const linesOf = (...messages: string[]) =>
  lines.map((line) => JSON.parse(line)).filter(({ msg }) => messages.includes(msg))

t.test('a refresh for a delivery is logged with the request of its notification', async (t) => {
  const [{ id: connectionId } = { id: '' }] = await connectAt('blotre', ['cleo'])
  await database.sql`
    update grants set expires_at = now() - interval '1 minute' where id = (select grant_id from connections where id = ${connectionId})`
  await control('POST', '/faults', { provider: 'blotre', match: 'POST /v0/oauth2/access_token', status: 503, body: {}, times: 1 })
  const { id } = await notify(['cleo'], { requestId: 'four' })
  await deliver(services, 'blotre', { deliveries: [[id, connectionId]] })
  t.match(linesOf('could not refresh credentials'), [{ requestId: 'four' }])
})

t.test('the log lines of a worker name the requests that they stem from', async (t) => {
  await connectAt('pushbullet', ['ann', 'bob'])
  const worker = stack.startWorker()
  t.teardown(() => worker.close())
  const named = await Promise.all(['one', 'two'].map((requestId) => notify(['ann'], { requestId })))
  const everyone = await notify([], { audience: { everyone: true }, requestId: 'three' })
  const welcome = await notify(['bob'])
  for (const { id } of [...named, welcome, everyone]) await counts(id)
  t.match(linesOf('planned'), [{ requestId: 'three', notificationId: everyone.id }])
  const batches = await until(() => {
    const found = linesOf('batch').filter(({ provider }) => provider === 'pushbullet')
    return found.reduce((sum, { claimed }) => sum + claimed, 0) === 5 && found
  })
  t.same([...new Set(batches.flatMap(({ requestIds = [] }) => requestIds))].sort(), ['one', 'three', 'two'])
})
