import { chmod, mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { dataFolder, testDatabase } from '@carillon/testing'
import { readUpFile, spawnUp } from './fixtures/spawn-up.ts'

const env = { DATABASE_URL: (await testDatabase(t)).url }

t.test('passes no store, key or client to the sandbox, and no API key to the API', async (t) => {
  const secrets = {
    REDIS_URL: '', CARILLON_API_KEY: 'ck_x', CARILLON_WEBHOOK_SECRET: 'whsec_x', PUSHBULLET_CLIENT_ID: 'id', PUSHBULLET_CLIENT_SECRET: 'secret', SITE_DATABASE_PASSWORD: 'of another program'
  }
  const dataDir = join(await dataFolder(t), 'data')
  const { url: apiUrl } = await spawnUp(t, dataDir, { env: { ...env, ...secrets, SANDBOX_BENCH: '1' } }).ready
  const { sandboxUrl } = await readUpFile(dataDir)
  const sandboxVariables = await environmentOf(sandboxUrl ?? '')
  t.ok(sandboxVariables.includes('SANDBOX_PORT') && sandboxVariables.includes('SANDBOX_BENCH') && sandboxVariables.includes('PATH'), 'it gets its own variables')
  t.same(sandboxVariables.filter((name) => /DATABASE|REDIS|CARILLON|PUSHBULLET|KEY|SECRET|PASSWORD/.test(name)), [])
  const apiVariables = await environmentOf(apiUrl)
  t.ok(['DATABASE_URL', 'CARILLON_KEYS', 'PUSHBULLET_CLIENT_SECRET'].every((name) => apiVariables.includes(name)))
  t.notOk(apiVariables.includes('CARILLON_API_KEY'))
  t.notOk(apiVariables.includes('CARILLON_WEBHOOK_SECRET'))
})

t.test('warns once about an unknown variable, and does not pass it on', async (t) => {
  const dataDir = join(await dataFolder(t), 'data')
  const up = spawnUp(t, dataDir, { env: { ...env, PUSHBULLET_CLIENTID: 'secret-value' } })
  const { url: apiUrl } = await up.ready
  const warnings = up.output().split('\n').filter((line) => line.includes('PUSHBULLET_CLIENTID'))
  t.match(warnings, [/did you mean PUSHBULLET_CLIENT_ID\?$/])
  t.equal(warnings.length, 1)
  t.notMatch(up.output(), 'secret-value')
  t.notOk((await environmentOf(apiUrl)).includes('PUSHBULLET_CLIENTID'))
})

t.test('keeps the sandbox on the loopback address, whatever HOST is', async (t) => {
  const dataDir = join(await dataFolder(t), 'data')
  await spawnUp(t, dataDir, { env: { ...env, HOST: '0.0.0.0' } }).ready
  const { sandboxUrl, pumpioUrl } = await readUpFile(dataDir)
  for (const url of [sandboxUrl, pumpioUrl]) t.match(url, /^http:\/\/127\.0\.0\.1:\d+$/)
})

t.test('removes other users\' access to the data directory', async (t) => {
  const parent = await dataFolder(t)
  const open = join(parent, 'open')
  await mkdir(open)
  await chmod(open, 0o755)
  for (const dataDir of [join(parent, 'new'), open]) {
    const up = spawnUp(t, dataDir, { env })
    await up.ready
    t.equal((await stat(dataDir)).mode & 0o777, 0o700, dataDir)
    await up.stop()
  }
})

t.test('refuses a directory with other files, and does not change its mode', async (t) => {
  const dataDir = await dataFolder(t)
  await writeFile(join(dataDir, 'thesis.txt'), '')
  const up = spawnUp(t, dataDir, { env })
  t.equal((await up.exited).code, 1)
  t.same(up.stderr, [`CARILLON_DATA_DIR: ${dataDir} can be entered by other users and holds files that are not Carillon's; ` +
    `run chmod 700 ${dataDir}, or choose a directory for Carillon alone`])
  t.equal((await stat(dataDir)).mode & 0o777, 0o755)
  await chmod(dataDir, 0o700)
  await spawnUp(t, dataDir, { env }).ready
})

async function environmentOf (url: string): Promise<string[]> {
  return JSON.parse(await (await fetch(`${url}/environment`)).text())
}
