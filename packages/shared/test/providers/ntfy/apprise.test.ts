import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { openSimulator } from '../conformance/simulator.ts'

const run = promisify(execFile)
const isRequired = process.env['CARILLON_REQUIRE_APPRISE'] === '1'
const isInstalled = (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
  try {
    accessSync(join(folder, 'apprise'), constants.X_OK)
    return true
  } catch {
    return false
  }
})
const skip = isRequired || isInstalled ? false : 'Apprise is not installed (apt-get install apprise); CARILLON_REQUIRE_APPRISE=1 makes this a failure'

t.test('Apprise publishes to the simulator', { skip }, async (t) => {
  const simulator = await openSimulator(t, 'ntfy')
  const host = simulator.environment['NTFY_HTTP_HOSTS'] ?? ''
  const send = (topic: string, query = '') => run('apprise', ['-t', 'From Apprise', '-b', 'The text', '-vv', `ntfy://${host}/${topic}${query}`])

  await t.resolves(send('open', '?priority=high&tags=warning&click=https://example.com/'))
  const [arrival] = await simulator.inbox({ name: 'open', credentials: {} })
  t.match(arrival?.item, {
    topic: 'open', title: 'From Apprise', message: 'The text', priority: 4, tags: ['warning'], click: 'https://example.com/'
  })

  const { name } = await simulator.account()
  await t.rejects(send(name), 'a protected topic refuses it')
  t.same(await simulator.inbox({ name, credentials: {} }), [])
})
