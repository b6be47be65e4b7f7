import { access, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { dataFolder, until } from '@carillon/testing'
import { alive, descendants } from './up/fixtures/processes.ts'
import { readUpFile, spawnUp, readProcessId } from './up/fixtures/spawn-up.ts'

// Creating a database takes a while, so all tests share the one that the first test creates.
const dataDir = join(await dataFolder(t), 'data')

t.test('starts everything, prints the addresses, and keeps data and secrets for the next start', async (t) => {
  const first = spawnUp(t, dataDir)
  const { url } = await first.ready
  const before = await readUpFile(dataDir)
  t.match(before, { apiUrl: url, pumpioUrl: /^http:/, pid: first.pid, operatorKey: /^ck_/ })
  t.match(first.output(), before.operatorKey)
  t.match(first.output(), before.apiUrl)
  t.match(first.output(), before.sandboxUrl ?? '')
  t.ok(await readProcessId(url))
  const secrets = await readFile(join(dataDir, 'secrets.json'), 'utf8')
  for (const file of ['up.json', 'secrets.json', 'postgres/password']) {
    t.equal((await stat(join(dataDir, file))).mode & 0o777, 0o600, `${file} is for its owner only`)
  }
  t.match(await first.stop(), { code: 0 })
  await t.rejects(access(join(dataDir, 'up.json')), { code: 'ENOENT' })

  const second = spawnUp(t, dataDir)
  await second.ready
  t.equal((await readUpFile(dataDir)).operatorKey, before.operatorKey)
  t.equal(await readFile(join(dataDir, 'secrets.json'), 'utf8'), secrets)
})

t.test('leaves no process behind', async (t) => {
  const ends = {
    'after SIGTERM': (pid: number) => process.kill(pid, 'SIGTERM'),
    'after Ctrl-C, which the whole process group gets': (pid: number) => process.kill(-pid, 'SIGINT'),
    'after kill -9': (pid: number) => process.kill(pid, 'SIGKILL')
  }
  for (const [name, end] of Object.entries(ends)) {
    await t.test(name, async (t) => {
      const up = spawnUp(t, dataDir, { detached: true })
      await up.ready
      const pids = await descendants(up.pid)
      t.ok(pids.length >= 4, 'there were child processes')
      end(up.pid)
      const { code } = await up.exited
      t.equal(code, name.includes('-9') ? undefined : 0)
      await until(async () => (await alive(pids)).length === 0, { what: `the end of ${await alive(pids)}` })
    })
  }
})

t.test('restarts a dead part at the same address', async (t) => {
  const up = spawnUp(t, dataDir)
  const { url } = await up.ready
  const before = await readProcessId(url)
  process.kill(before, 'SIGKILL')
  const after = await until(() => readProcessId(url))
  t.not(after, before)
  await until(() => up.output().includes('api is back'))
  t.match(up.output(), /api exited \(SIGKILL\); restarting it in 0\.5 s/)

  const note = join(dataDir, 'postgres/cluster/postmaster.pid')
  const [server] = (await readFile(note, 'utf8')).split('\n')
  process.kill(Number(server), 'SIGKILL')
  await until(() => up.output().includes('postgres is back'))
  t.match(up.output(), /postgres exited \(SIGKILL\)/)
  t.match(await up.stop(), { code: 0 })
})
