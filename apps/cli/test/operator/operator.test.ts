import { until } from '@carillon/testing'
import t from 'tap'
import { openApiClient } from '../../src/api-client.ts'
import { openEventsApi } from '../../src/operator/events-api.ts'
import { followEvents } from '../../src/operator/follow-events.ts'
import { readStatus } from '../../src/operator/status-api.ts'
import { openWhyApi } from '../../src/operator/why-api.ts'
import { startTestStack } from '../start-test-stack.ts'

t.setTimeout(300_000)

const stack = await startTestStack(t)
const { carillon } = stack
const api = await openApiClient(stack.env)
const why = await openWhyApi(stack.env)
const [connection = ''] = await stack.connect('ann')

t.test('shows the state of the deployment, and ends with 1 while something needs attention', async (t) => {
  const without = await carillon('status')
  t.match(without, {
    code: 1,
    stdout: /^1 thing needs attention\.\n\nerror: No worker is running, so nothing is sent\.\n {2}Next: Start a worker, [^]*\n\nThere are no workers\.\n\nPROVIDER/,
    stderr: ''
  })
  await stack.startWorker()
  await until(async () => (await readStatus(stack.env)).ok, { what: 'the heartbeat of the worker' })
  const { code, stdout } = await carillon('status')
  t.equal(code, 0)
  t.match(stdout, RegExp([
    '^Everything works\\.', '',
    'WORKER +PROCESS +VERSION +HEARD +RUNS SINCE +JOBS',
    '\\S+ +\\d+ +\\d+\\.\\d+\\.\\d+ +\\d+ s ago +\\d+ s ago +\\d+', '',
    'PROVIDER +STATE +DUE +LATER +BROADCAST +OLDEST DUE',
    'pushbullet +works +0 +0 +0', '',
    'API +Carillon .*',
    'Database +PostgreSQL .*',
    'Migrations +\\d+ applied, none missing',
    'Jobs +in PostgreSQL',
    'Clocks +API \\d+ ms (behind|ahead of) PostgreSQL$'
  ].join('\n')))
  for (const line of [...stdout.split('\n'), ...without.stdout.split('\n')]) t.ok(line.length <= 80, line)
})

t.test('tells in a terminal of 80 columns what a user got, and what waits because the user revoked the token', async (t) => {
  const sent = await send('Hello')
  await reach(sent, 'sent')
  await stack.control('POST', '/tokens/revoke', { provider: 'pushbullet' })
  const parked = await send('Hello\u001b[2J again')
  await reach(parked, 'parked')

  const { code, stdout } = await carillon('why', 'ann', parked)
  t.equal(code, 0)
  t.equal(stdout.replace(parked, 'ID').replace(/^pushbullet, .*:/m, 'pushbullet:').replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ/g, 'YYYY-MM-DD HH:MM:SSZ'), [
    '"Hello [2J again", accepted at YYYY-MM-DD HH:MM:SSZ',
    'ID',
    '',
    'The notification has not been sent to ann yet.',
    '',
    'pushbullet: parked',
    `  ${connection}`,
    '  Parked since YYYY-MM-DD HH:MM:SSZ. Reason: access token is not accepted. It is',
    '  sent when the user reconnects Pushbullet.',
    '  Next: Ask ann to reconnect Pushbullet. `POST /v1/user-tokens` returns the page',
    '  for it as `connectUrl`.'
  ].join('\n'))

  const overview = (await carillon('why', 'ann')).stdout
  t.match(overview, RegExp(`^ann has one connection, and none that can receive notifications now\\.\n\npushbullet, \\S+: needsReauth\n  ${connection}\n  Does not work since`))
  t.match(overview, RegExp(`ann waits for it\n  ${parked}\n  Parked since [^]*ann got it\n  ${sent}\n  Sent at `), 'newest first')
  for (const line of [...stdout.split('\n'), ...overview.split('\n')]) t.ok(line.length <= 80, line)
})

t.test('explains an unknown user, and refuses an unknown notification', async (t) => {
  t.match(JSON.parse((await carillon('why', 'zoe', '--json')).stdout), { isKnown: false, connections: [], notifications: [] })
  t.match(await carillon('why', 'zoe', 'ntf_x'), { code: 1, stderr: /404: There is no such notification/ })
})

t.test('prints the latest events, and follows new ones', async (t) => {
  const { code, stdout } = await carillon('events', '--user', 'ann')
  t.equal(code, 0)
  t.match(stdout, RegExp(`^\\S+Z {2}connection\\.connected {2}.*connectionId=${connection}`))
  t.match(stdout, /connection\.needs_reauth {2}[^\n]*reason=access token is not accepted/)
  const { stdout: lines } = await carillon('events', '--type', 'notification.completed', '--json')
  const latest = lines.split('\n').map((line) => JSON.parse(line))
  t.match(latest, [{ type: 'notification.completed', data: { status: 'completed', counts: { sent: 1 } } }])
  t.equal((await carillon('events', '--type', 'provider.paused')).stdout, 'There are no events.')

  const interruption = new AbortController()
  const { signal } = interruption
  const following = followEvents(await openEventsApi(stack.env), {}, { after: latest[0].id, signal, onConnection: () => {} })
  await api.post('/v1/notifications', { audience: { userIds: ['who'] }, message: { type: 'note', title: 'Nobody' } })
  const types: string[] = []
  for await (const { type } of following) {
    types.push(type)
    if (type === 'notification.completed') interruption.abort()
  }
  t.same(types, ['connection.needs_reauth', 'notification.completed'], 'those after the given one, until the end')
})

async function send (title: string): Promise<string> {
  const body = { audience: { userIds: ['ann'] }, message: { type: 'note', title } }
  return (await api.post('/v1/notifications', body) as { id: string }).id
}

async function reach (id: string, state: string): Promise<void> {
  await until(async () => (await why.explainRecipient(id, 'ann')).connections[0]?.state === state, { what: state, timeoutMs: 60_000 })
}
