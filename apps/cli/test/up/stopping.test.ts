import t from 'tap'
import { dataFolder, testDatabase, until } from '@carillon/testing'
import { alive, descendants } from './fixtures/processes.ts'
import { spawnUp } from './fixtures/spawn-up.ts'

t.test('exits at once on the second signal', async (t) => {
  const up = spawnUp(t, await dataFolder(t), { env: { DATABASE_URL: (await testDatabase(t)).url, FAULT_WORKER: 'deaf' } })
  await up.ready
  const pids = await descendants(up.pid)
  process.kill(up.pid, 'SIGTERM')
  await until(() => up.output().includes('Stopping'))
  t.match(await up.stop(), { code: 0 })
  await until(async () => (await alive(pids)).length === 0)
})

t.test('stops while it starts', async (t) => {
  const up = spawnUp(t, await dataFolder(t), { env: { DATABASE_URL: (await testDatabase(t)).url, FAULT_API: 'neverReady' } })
  await until(() => up.output().includes('sandbox'))
  const pids = await descendants(up.pid)
  t.match(await up.stop(), { code: 0 })
  await until(async () => (await alive(pids)).length === 0)
  t.notMatch(up.output(), 'Carillon is up')
})
