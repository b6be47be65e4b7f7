import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { createBrowser, dataFolder, spawnApp, testDatabase } from '@carillon/testing'
import { runCarillon } from '../run-carillon.ts'
import { readUpFile } from './fixtures/spawn-up.ts'

t.test('prints commands that work, and the names of the variables that it read', async (t) => {
  const directory = await dataFolder(t)
  const [dataDir, envFile] = [join(directory, 'data'), join(directory, '.env')]
  await writeFile(envFile, 'SITE_NAME="Bell & Sons"\n')
  const env = { CARILLON_DATA_DIR: dataDir, CARILLON_ENV_FILE: envFile }
  const up = spawnApp(t, 'cli', { args: ['up'], env: { ...env, DATABASE_URL: (await testDatabase(t)).url, PORT: '0', SANDBOX_PORT: '0' } })
  await up.ready
  t.match(up.output(), `Read ${envFile}: SITE_NAME`)
  const commands = up.stdout.flatMap((line) => / (demo(?: link)?) {3}/.exec(line)?.[1] ?? [])
  t.same(commands, ['demo', 'demo link'])

  const demo = await runCarillon(['demo'], env)
  t.match(demo, { code: 0, stdout: /^Hello alice: This is your first notification\.$/, stderr: /Sent ntf_/ })
  const other = { CARILLON_API_URL: 'http://127.0.0.1:1', CARILLON_API_KEY: 'ck_other', CARILLON_PROFILE: 'other' }
  t.match(await runCarillon(['demo', '--user', 'cleo'], { ...env, ...other }), { code: 0, stdout: /^Hello cleo: / })

  const { code, stdout: link } = await runCarillon(['demo', 'link'], { ...env, ...other })
  t.equal(code, 0)
  t.match(link, /^http.*#token=/, 'the token is where browsers send it to no server')
  t.match(await createBrowser().get(link), { status: 200, text: /Bell &amp; Sons/ })
})

t.test('says that the demo needs a running Carillon', async (t) => {
  const dataDir = await dataFolder(t)
  t.match(await runCarillon(['demo'], { CARILLON_DATA_DIR: dataDir }), { code: 1, stderr: /the demo needs simulators, and no `.* up` with/ })
})

t.test('does not start the sandbox with --no-sandbox', async (t) => {
  const dataDir = join(await dataFolder(t), 'data')
  const up = spawnApp(t, 'cli', {
    args: ['up', '--no-sandbox'],
    env: { DATABASE_URL: (await testDatabase(t)).url, CARILLON_DATA_DIR: dataDir, PORT: '0' }
  })
  await up.ready
  t.match(await readUpFile(dataDir), { sandboxUrl: null })
  t.notMatch(up.output(), /sandbox/i)
})
