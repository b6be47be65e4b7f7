import t from 'tap'
import { dataFolder, testDatabase } from '@carillon/testing'
import { createColors } from '../../src/colors.ts'
import { readableLine } from '../../src/up/log-lines.ts'
import { spawnUp } from './fixtures/spawn-up.ts'

t.test('shows warnings of the parts, and everything with --verbose', async (t) => {
  const dataDir = await dataFolder(t)
  const env = { DATABASE_URL: (await testDatabase(t)).url, CI: '1', NO_COLOR: '', FORCE_COLOR: '' }
  const quiet = spawnUp(t, dataDir, { env })
  await quiet.ready
  await quiet.stop()
  t.match(quiet.output(), /worker +warn a warning detail=7/)
  t.notMatch(quiet.output(), 'only for --verbose')
  t.notMatch(quiet.output(), '\u001b', 'a pipe gets no colors, also in CI')
  const verbose = spawnUp(t, dataDir, { env, args: ['--verbose'] })
  await verbose.ready
  t.match(verbose.output(), /worker +info only for --verbose/)
})

t.test('formats a JSON line for people', async (t) => {
  const line = (text: string, stream: 'stdout' | 'stderr' = 'stdout', verbose = false) =>
    readableLine({ part: 'api', stream, text }, { verbose, colors: createColors({}, {}) }) ?? 'nothing'
  const entry = { level: 50, time: 1, pid: 2, hostname: 'h', msg: 'it broke', id: 'ntf_1', err: { message: 'no route', stack: 'Error: no route\n    at x' } }
  t.equal(line(JSON.stringify(entry)), 'api      error it broke no route id=ntf_1')
  t.match(line(JSON.stringify(entry), 'stdout', true), /at x$/)
  const colors = createColors({ isTTY: true }, {})
  const colored = readableLine({ part: 'api', stream: 'stdout', text: JSON.stringify(entry) }, { verbose: false, colors })
  t.equal(colored, `${colors.dim('api     ')} ${colors.red('error')} it broke no route ${colors.dim('id=ntf_1')}`)
  t.equal(line('{"level":30,"msg":"fine"}'), 'nothing')
  t.equal(line('plain'), 'nothing')
  t.equal(line('plain', 'stderr'), 'api      plain')
  t.equal(line('{not json', 'stderr'), 'api      {not json')
})
