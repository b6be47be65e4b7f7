import { execa } from 'execa'
import { chmod, chown, mkdir, mkdtemp, readlink, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { Test } from 'tap'
import { spawnNode, until } from '@carillon/testing'
import { alive, descendants } from './fixtures/processes.ts'
import { unprivilegedAccount, readUpFile, readProcessId } from './fixtures/spawn-up.ts'

const root = fileURLToPath(new URL('../../../..', import.meta.url))
const isRoot = process.getuid?.() === 0

t.test('works for root in a clone inside a home folder that other users cannot enter', { skip: isRoot ? false : 'only root can' }, async (t) => {
  const clone = await makeClone(t, 0o700)
  await comesUpTwice(t, clone, {})
  const cluster = await readlink(join(clone, '.carillon/postgres/cluster'))
  t.match(cluster, /^\/var\/lib\/carillon\//, 'the user postgres can reach the data')
  await rm(dirname(cluster), { recursive: true })
})

t.test('works for an unprivileged user', async (t) => {
  const clone = await makeClone(t, 0o755)
  const { uid, gid } = unprivilegedAccount()
  await mkdir(join(clone, '.carillon'))
  if (uid !== undefined && gid !== undefined) await chown(join(clone, '.carillon'), uid, gid)
  await comesUpTwice(t, clone, unprivilegedAccount())
})

async function comesUpTwice (t: Test, clone: string, account: { uid?: number, gid?: number }): Promise<void> {
  const script = join(clone, 'apps/cli/test/up/fixtures/up-with-fakes.ts')
  const keys = new Set<string>()
  for (const time of ['first', 'second']) {
    const up = spawnNode(t, script, { cwd: clone, env: { PORT: '0', SANDBOX_PORT: '0', HOME: clone }, ...account })
    const { url } = await up.ready
    t.ok(await readProcessId(url), `it responds, the ${time} time`)
    keys.add((await readUpFile(join(clone, '.carillon'))).operatorKey)
    const pids = await descendants(up.pid)
    t.match(await up.stop(), { code: 0 })
    await until(async () => (await alive(pids)).length === 0)
  }
  t.equal(keys.size, 1, 'the data was kept')
}

/** Copies the repository into a folder with this mode, with hard links where possible, because there are many modules. */
async function makeClone (t: Test, mode: number): Promise<string> {
  const home = await realpath(await mkdtemp(join(tmpdir(), 'carillon-home-')))
  t.teardown(() => rm(home, { recursive: true, force: true }))
  const clone = join(home, 'clone')
  await mkdir(clone)
  for (const name of ['package.json', 'apps', 'packages', 'node_modules']) {
    const linked = await execa('cp', ['-RlP', join(root, name), clone], { reject: false })
    if (linked.exitCode === 0) continue
    await rm(join(clone, name), { recursive: true, force: true })
    await execa('cp', ['-RP', join(root, name), clone])
  }
  await chmod(home, mode)
  return clone
}
