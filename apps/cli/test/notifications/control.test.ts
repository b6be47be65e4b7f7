import { spawnApp, until } from '@carillon/testing'
import t from 'tap'
import { startTestStack } from '../start-test-stack.ts'

const stack = await startTestStack(t)
const { carillon } = stack
const [connection = ''] = await stack.connect('ann')
const { id } = JSON.parse((await carillon('send', '--to', 'ann', '--title', 'One\u001b[2J', '--json')).stdout)

t.test('lists notifications, newest first', async (t) => {
  await carillon('send', '--to', 'ann', '--title', 'Two')
  const { code, stdout } = await carillon('notifications')
  t.equal(code, 0)
  const [heading, newest, oldest] = stdout.split('\n')
  t.match(heading, /^ID +CREATED +STATUS +SENT +OF +TO +TITLE$/)
  t.match(newest, /^ntf_\S+ +\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ +accepted +0 +1 +ann +"Two"$/)
  t.match(oldest, /"One \[2J"$/, 'control characters do not reach the terminal')
  t.equal(JSON.parse((await carillon('notifications', '--limit', '1', '--json')).stdout).length, 1)
})

t.test('pauses and resumes one, and refuses an action that the status does not allow', async (t) => {
  t.match(await carillon('notifications', 'pause', id), { code: 0, stdout: /status +paused/ })
  t.match(await carillon('notifications', 'pause', id), { code: 1, stderr: /The notification is paused or canceled already/ })
  t.match(await carillon('notifications', 'resume', id, '--json'), { code: 0 })
  t.match(await carillon('notifications', 'explode', id), { code: 2 })
  t.match(await carillon('notifications', 'show', id, '--limit', '1'), { code: 2 })
  t.match(await carillon('notifications', 'show', 'ntf_nothing'), { code: 1, stderr: /404/ })
})

t.test('shows deliveries, and explains one of them', async (t) => {
  t.match(await carillon('deliveries', id), { code: 0, stdout: new RegExp(`^CONNECTION.*\n${connection} +pushbullet +queued +0 .* ann$`) })
  t.same(JSON.parse((await carillon('deliveries', id, '--state', 'failed', '--json')).stdout), [])
  t.match(JSON.parse((await carillon('deliveries', id, '--json')).stdout), [{ connectionId: connection, state: 'queued' }])
  t.match(await carillon('deliveries', id, '--state', 'failed'), { code: 0, stdout: 'There are no deliveries.' })

  const { stdout } = await carillon('deliveries', id, connection)
  t.match(stdout, /^con_\S+ of ann at pushbullet\nWaiting for a worker since .*\n\n/)
  t.match(stdout, /paused\n.*resumed$/)
  t.match(JSON.parse((await carillon('deliveries', id, connection, '--json')).stdout), { history: [{}, { event: 'paused' }, { event: 'resumed' }] })
  t.match(await carillon('deliveries', id, connection, '--limit', '1'), { code: 2 })
})

t.test('prints one line per change with --watch', async (t) => {
  const watching = spawnApp(t, 'cli', { args: ['notifications', '--watch', '--json'], env: stack.env })
  await until(() => watching.stdout.length >= 2)
  const before = watching.stdout.length
  await carillon('notifications', 'cancel', id)
  await until(() => watching.stdout.length > before)
  t.match(JSON.parse(watching.stdout.at(-1) ?? ''), { id, status: 'canceled', counts: { canceled: 1 } })
  t.match(await watching.stop('SIGINT'), { code: 130 })
})
