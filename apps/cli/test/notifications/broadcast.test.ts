import { spawnApp, until } from '@carillon/testing'
import t from 'tap'
import { startTestStack, users } from '../start-test-stack.ts'

const stack = await startTestStack(t)
const { carillon, arrived } = stack

const list = async () => JSON.parse((await carillon('notifications', '--json')).stdout)

t.test('reports an invalid command line, and sends nothing', async (t) => {
  for (const [args, message] of [
    [['broadcast'], /write a message with --title/],
    [['broadcast', '--title', 'Hello', '--spread-over', 'long'], /whole number from 1 to 86400/],
    [['broadcast', '--title', 'Hello', '--send-at', '2026-12-24'], /a date and a time/],
    [['broadcast', '--title', 'Hello', '--provider', 'pigeon'], /providers\.0 is not a provider of this server/]
  ] as const) {
    const { code, stdout, stderr } = await carillon(...args)
    t.equal(code, 2, args.join(' '))
    t.match(stderr, message)
    t.equal(stdout, '')
  }
  t.match(await carillon('broadcast', '--title', 'Hello'), { code: 1, stderr: /no user is connected; nothing was sent/ })
  t.same(await list(), [])
})

t.test('sends to a hundred connections without a question, and to more only with --yes if there is no terminal', async (t) => {
  await stack.connect(...users(100))
  const hundred = await carillon('broadcast', '--title', 'A hundred')
  t.match(hundred, { code: 0, stdout: /^ntf_\S+ "A hundred" is accepted$/, stderr: /^100 connections\n {2}pushbullet: 100\n/ })

  await stack.connect('one-more')
  const more = await carillon('broadcast', '--title', 'Too many')
  t.match(more, { code: 2, stdout: '', stderr: /Send to 101 connections\? Without a terminal this requires --yes; nothing was sent/ })
  t.equal((await list()).length, 1)
})

t.test('watches until everything is sent, and reports it as text and as JSON', async (t) => {
  await stack.startWorker()
  const watched = await carillon('broadcast', '--title', 'Watched', '--body', 'Ding', '--watch', '--yes')
  t.equal(watched.code, 0, watched.stderr)
  t.match(watched.stdout, /^ntf_\S+ is completed: 101 of 101 sent$/)
  t.match(watched.stderr, /^(accepted|planning|sending|completed)\b/m)
  t.equal(await arrived('Watched'), 101)

  const { code, stdout } = await carillon('broadcast', '--title', 'Programs', '--watch', '--yes', '--json')
  t.equal(code, 0)
  t.match(JSON.parse(stdout), { status: 'completed', deliveries: 101, counts: { sent: 101 }, message: { title: 'Programs' }, failures: [] })
})

t.test('reports the deliveries that did not arrive, by reason', async (t) => {
  const refusal = { error: { type: 'invalid_request', message: 'no' } }
  await stack.control('POST', '/faults', { provider: 'pushbullet', match: 'POST /v2/pushes', status: 400, body: refusal, times: 3 })
  const { code, stdout, stderr } = await carillon('broadcast', '--title', 'Not all', '--watch', '--yes')
  t.equal(code, 1, stderr)
  t.match(stdout, /: 98 of 101 sent, 3 failed$/m)
  t.match(stdout, /^PROVIDER {4}STATE {3}DELIVERIES {2}REASON\npushbullet {2}failed {11}3 {2}request refused$/m)
  t.match(stderr, /3 of 101 deliveries did not arrive$/)

  const id = /ntf_[\w-]+/.exec(stdout)?.[0] ?? ''
  t.match(await carillon('deliveries', id, '--state', 'failed'), { code: 0, stdout: /^CONNECTION(.*\n){3}.*request refused$/ })
  t.match(await carillon('notifications', 'retry', id, '--watch'), { code: 0, stdout: /101 of 101 sent$/ })
  t.equal(await arrived('Not all'), 101)
  t.match(await carillon('notifications', 'retry', id), { code: 1, stderr: /No delivery of the notification is failed/ })
})

t.test('counts parked deliveries as not arrived', async (t) => {
  const { data: [{ account }] } = await stack.control<{ data: [{ account: string }] }>('GET', '/inbox?provider=pushbullet&limit=1')
  await stack.control('POST', '/tokens/revoke', { provider: 'pushbullet', account })
  const { code, stdout } = await carillon('broadcast', '--title', 'Away', '--watch', '--yes', '--json')
  t.equal(code, 1)
  t.match(JSON.parse(stdout), { status: 'parked', counts: { sent: 100, parked: 1 }, failures: [{ state: 'parked', count: 1 }] })
})

t.test('continues when the API comes back', async (t) => {
  const sendAt = new Date(Date.now() + 3_600_000).toISOString()
  const watching = spawnApp(t, 'cli', {
    args: ['broadcast', '--title', 'Scheduled', '--send-at', sendAt, '--watch', '--yes'], env: stack.env
  })
  await until(() => watching.output().includes('scheduled'))
  await stack.api().kill()
  await until(() => watching.output().includes('the API does not respond'))
  await stack.startApi()
  await until(() => watching.output().includes('connected to the API again'))
  await stack.makeDue()
  t.match(await watching.exited, { code: 1 }, watching.output())
  t.match(watching.stdout.join('\n'), /: 100 of 101 sent, 1 parked$/m)
})

t.test('stops watching on Ctrl-C, and says that the broadcast continues', async (t) => {
  const sendAt = new Date(Date.now() + 3_600_000).toISOString()
  const watching = spawnApp(t, 'cli', {
    args: ['broadcast', '--title', 'Later', '--send-at', sendAt, '--watch', '--yes', '--json'], env: stack.env
  })
  await until(() => watching.output().includes('scheduled'))
  t.match(await watching.stop('SIGINT'), { code: 130 })
  const { id, status } = JSON.parse(watching.stdout.join('\n'))
  t.equal(status, 'scheduled')
  const hints = watching.stderr.join('\n')
  t.match(hints, `main.ts notifications show ${id} --watch`)
  t.match(hints, `main.ts notifications cancel ${id}`)
  t.match(hints, `stopped watching; ${id} continues`)

  t.match(await carillon('notifications', 'cancel', id), { code: 0, stdout: /status +canceled/ })
  t.match(await carillon('notifications', 'show', id, '--watch'), { code: 1, stderr: /had no deliveries|did not arrive/ })
})
