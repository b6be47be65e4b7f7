import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { recordEvents } from '@carillon/shared/events'
import { freePort } from '@carillon/local'
import { until } from '@carillon/testing'
import { Webhook } from 'standardwebhooks'
import t from 'tap'
import type { Test } from 'tap'
import { openApiClient } from '../../src/api-client.ts'
import { addListen } from '../../src/commands/listen.ts'
import { openEventsApi } from '../../src/operator/events-api.ts'
import { followEvents } from '../../src/operator/follow-events.ts'
import { readStatus } from '../../src/operator/status-api.ts'
import { openWhyApi } from '../../src/operator/why-api.ts'
import { runInProcess } from '../run-in-process.ts'
import { startTestStack } from '../start-test-stack.ts'

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
    'WORKER +PROCESS +VERSION +LAST SEEN +STARTED +JOBS',
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
  t.match(overview, RegExp(`^ann has one connection, and none that can receive notifications now\\.\n\npushbullet, \\S+: needsReauth\n  ${connection}\n  Has not worked since`))
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

t.test('listen prints new events, and forwards them to a program as signed requests', async (t) => {
  const { url, received } = await openProgram(t)
  const listening = runInProcess(addListen, ['listen', '--forward', url], stack.env)
  const { printed, written } = listening
  await until(() => written.join('').includes('Waiting for events'), { what: 'the start' })
  const [secret = ''] = /whsec_\S+/.exec(written.join('')) ?? []
  await recordEvents(stack.database, [
    { type: 'delivery.sent', provider: 'pushbullet', data: { deliveries: [] } }, { type: 'provider.resumed', provider: 'pushbullet' }
  ])
  await until(() => printed.length === 2, { what: 'an event and its response' })
  const [{ headers, body } = { headers: {}, body: '' }] = received
  t.match(new Webhook(secret).verify(body, headers), { id: /^evt_/, type: 'provider.resumed', data: { provider: 'pushbullet' } })
  t.throws(() => new Webhook(`whsec_${'A'.repeat(32)}`).verify(body, headers))
  t.equal(received.length, 1, 'the events of deliveries only when they are named')
  t.match(printed, [
    RegExp(`^\\S+Z {2}provider\\.resumed {2}${headers['webhook-id']} {2}provider=pushbullet$`), RegExp(`^ {2}${headers['webhook-id']} {2}204 in \\d+ ms$`)
  ])
  listening.interrupt()
  t.match(await listening.exited, { code: 0 })
})

t.test('listen forwards an event again while the program does not run, with the secret of the environment', async (t) => {
  const port = await freePort()
  const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`
  const args = ['listen', '--forward', `http://localhost:${port}/`, '--json', '--events', 'provider.resumed,delivery.sent']
  const { printed, written, interrupt, exited } = runInProcess(addListen, args, { ...stack.env, CARILLON_WEBHOOK_SECRET: secret })
  await until(() => written.join('').includes('Waiting for events'), { what: 'the start' })
  t.notMatch(written.join(''), secret)
  const paused = { type: 'provider.paused', provider: 'pushbullet', data: { cause: 'breakerOpen', reason: 'x' } } as const
  await recordEvents(stack.database, [paused, { type: 'provider.resumed', provider: 'pushbullet' }])
  await until(() => printed.length === 2, { what: 'the first attempt' })
  const { received } = await openProgram(t, port)
  await until(() => received.length === 1 && printed.at(-1)?.includes('"status":204'), { what: 'a later attempt' })
  const [event, first, ...later] = printed.map((line) => JSON.parse(line))
  t.match(first, { eventId: event.id, attempt: 1, status: null, error: 'connection refused', retryInMs: 1_000 })
  t.match(later.at(-1), { eventId: event.id, status: 204, error: null, retryInMs: null })
  t.same(new Webhook(secret).verify(received[0]?.body ?? '', received[0]?.headers ?? {}), event)
  interrupt()
  t.match(await exited, { code: 0 })
})

t.test('listen continues after the last event when the API was restarted', async (t) => {
  const { printed, written, interrupt, exited } = runInProcess(addListen, ['listen', '--json', '--events', 'provider.resumed,provider.paused'], stack.env)
  const types = () => printed.map((line) => JSON.parse(line).type)
  await until(() => written.join('').includes('Waiting for events'), { what: 'the start' })
  await recordEvents(stack.database, [{ type: 'provider.resumed', provider: 'pushbullet' }])
  await until(() => printed.length === 1, { what: 'an event' })
  await stack.api().kill()
  await until(() => written.join('').includes('the API does not respond'), { what: 'the loss of the connection' })
  await recordEvents(stack.database, [
    { type: 'provider.paused', provider: 'pushbullet', data: { cause: 'breakerOpen', reason: 'x' } }, { type: 'pull.failed', provider: 'pushbullet' }
  ])
  await stack.startApi()
  await until(() => printed.length === 2, { what: 'the event that was recorded meanwhile' })
  t.match(written.join(''), /connected to the API again/)
  await recordEvents(stack.database, [{ type: 'provider.resumed', provider: 'pushbullet' }])
  await until(() => printed.length === 3, { what: 'a new event' })
  t.same(types(), ['provider.resumed', 'provider.paused', 'provider.resumed'], 'each once')
  interrupt()
  t.match(await exited, { code: 0 })
})

t.test('listen refuses a type, a URL or a secret that is not right', async (t) => {
  const run = (...args: string[]) => runInProcess(addListen, ['listen', ...args], stack.env).exited
  t.match(await run('--events', 'connection.lost'), { stderr: /'connection.lost' is not a type of event/ })
  t.match(await run('--forward', 'localhost:3000'), { stderr: /It must start with http:/ })
  t.match(await run('--secret', 'secret'), { code: 2, stderr: /whsec_/ })
})

/** A program of a site on this machine. It accepts every event. */
async function openProgram (t: Test, port = 0) {
  const received: Array<{ headers: Record<string, string>, body: string }> = []
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString()
    received.push({ headers: request.headers as Record<string, string>, body })
    response.writeHead(204).end()
  })
  await new Promise<void>((resolve) => server.listen(port, 'localhost', resolve))
  t.teardown(() => { server.close().closeAllConnections() })
  return { url: `http://localhost:${(server.address() as AddressInfo).port}/hook`, received }
}

async function send (title: string): Promise<string> {
  const body = { audience: { userIds: ['ann'] }, message: { type: 'note', title } }
  return (await api.post('/v1/notifications', body) as { id: string }).id
}

async function reach (id: string, state: string): Promise<void> {
  await until(async () => (await why.explainRecipient(id, 'ann')).connections[0]?.state === state, { what: state })
}
