import { access, mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import t from 'tap'
import { dataFolder, testDatabase } from '@carillon/testing'
import { usersOf } from './fixtures/processes.ts'
import { unprivilegedAccount, readUpFile, spawnUp } from './fixtures/spawn-up.ts'

t.test('reports in one line why it cannot start, and leaves no process running', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.teardown(() => taken.close())
  const address = taken.address()
  const port = String(typeof address === 'object' ? address?.port : '')
  const { url } = await testDatabase(t)
  const dir = await dataFolder(t)
  await writeFile(join(dir, 'file'), '')
  const cases: Array<[string, Record<string, string>, RegExp]> = [
    ['the API\'s port is in use', { PORT: port }, new RegExp(`^PORT: port ${port} on 127\\.0\\.0\\.1 is in use; choose another, or 0 for any free one$`)],
    ['the sandbox\'s port is in use', { SANDBOX_PORT: port }, new RegExp(`^SANDBOX_PORT: port ${port} .*in use`)],
    ['a key has the wrong length', { CARILLON_KEYS: 'a:c2hvcnQ=' }, /^CARILLON_KEYS key a has 5 bytes instead of 32/],
    ['the data directory is a file', { CARILLON_DATA_DIR: join(dir, 'file') }, /^CARILLON_DATA_DIR: .* cannot be written \(EEXIST\)$/],
    ['the database cannot be reached', { DATABASE_URL: 'postgres://me:secret@127.0.0.1:1/x' }, /^DATABASE_URL: connect ECONNREFUSED/],
    ['a part cannot start', { FAULT_WORKER: 'config' }, /^worker did not start: PORT is "x"; it takes a whole number$/]
  ]
  for (const [name, env, line] of cases) {
    await t.test(name, async (t) => {
      const up = spawnUp(t, join(dir, 'data'), { env: { DATABASE_URL: url, ...env } })
      t.equal((await up.exited).code, 1)
      t.match(up.stderr, [line])
      t.equal(up.stderr.length, 1, 'one line')
      t.notMatch(up.output(), 'secret')
      t.same(await usersOf(join(dir, 'data')), [])
      await t.rejects(access(join(dir, 'data/up.json')), { code: 'ENOENT' })
    })
  }
})

t.test('fails if the data directory belongs to another user', async (t) => {
  const dataDir = join(await dataFolder(t), 'data')
  await mkdir(dataDir, { mode: 0o555 })
  // Root may write anywhere, so an unprivileged account runs this.
  const up = spawnUp(t, dataDir, { ...unprivilegedAccount(), cwd: '/', env: { HOME: '/' } })
  t.equal((await up.exited).code, 1)
  t.same(up.stderr, [`CARILLON_DATA_DIR: ${dataDir} cannot be written (EACCES)`])
})

t.test('runs once per data directory, and starts again after the other process was killed', async (t) => {
  const env = { DATABASE_URL: (await testDatabase(t)).url }
  const dataDir = await dataFolder(t)
  const first = spawnUp(t, dataDir, { env })
  await first.ready
  const second = spawnUp(t, dataDir, { env })
  t.equal((await second.exited).code, 1)
  t.same(second.stderr, [`carillon is already running in ${dataDir} (process ${first.pid})`])
  t.ok(await readUpFile(dataDir), 'the file of the other process exists')
  await first.kill()
  await spawnUp(t, dataDir, { env }).ready
})
