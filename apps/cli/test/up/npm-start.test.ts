import { execa } from 'execa'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { isRunning } from '@carillon/local'
import { dataFolder, testDatabase, until } from '@carillon/testing'
import { alive, descendants } from './fixtures/processes.ts'
import { readUpFile } from './fixtures/spawn-up.ts'

const root = fileURLToPath(new URL('../../../..', import.meta.url))

t.test('npm start leaves no process behind', async (t) => {
  const dataDir = join(await dataFolder(t), 'data')
  const env = { CARILLON_DATA_DIR: dataDir, PORT: '0', SANDBOX_PORT: '0', DATABASE_URL: (await testDatabase(t)).url }
  const ends = {
    'when npm gets SIGTERM and does not forward it': (pid: number) => process.kill(pid, 'SIGTERM'),
    'after Ctrl-C, which npm forwards': (pid: number) => process.kill(-pid, 'SIGINT')
  }
  for (const [name, end] of Object.entries(ends)) {
    await t.test(name, async (t) => {
      // Without the options that tap adds: see spawnNode.
      const npm = execa('env', ['-u', 'NODE_OPTIONS', 'npm', 'start', '--silent'], {
        cwd: root, env, detached: true, reject: false, all: true, stdin: 'ignore'
      })
      const pid = npm.pid ?? 0
      const up = await until(() => readUpFile(dataDir))
      t.teardown(() => isRunning(up.pid) && process.kill(up.pid, 'SIGTERM'))
      const local = { userId: 'ann', returnTo: 'http://localhost:3000/settings' }
      const { status } = await fetch(`${up.apiUrl}/v1/user-tokens`, {
        method: 'POST', headers: { authorization: `Bearer ${up.operatorKey}`, 'content-type': 'application/json' }, body: JSON.stringify(local)
      })
      t.equal(status, 201, 'a site under development may receive users back')
      const pids = await descendants(pid)
      t.ok(pids.includes(up.pid))
      t.ok(pids.length >= 5, 'there were child processes')
      end(pid)
      await until(async () => (await alive(pids)).length === 0, { what: 'the exit of all processes' })
      await t.rejects(access(join(dataDir, 'up.json')), { code: 'ENOENT' })
      t.match((await npm).all, /Stopped\.\s*$/)
    })
  }
})
