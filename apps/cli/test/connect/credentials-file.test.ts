import { chmod, mkdir, readdir, readFile, stat, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { spawnNode } from '@carillon/testing'
import t from 'tap'
import { openCredentialsFile } from '../../src/connect/credentials-file.ts'
import { defaultCredentialsPath } from '../../src/connect/default-path.ts'
import { createFileRegistrations } from '../../src/connect/file-registrations.ts'
import { withConnection } from '../../src/connect/kept.ts'
import type { Kept } from '../../src/connect/kept.ts'

const appending = fileURLToPath(new URL('fixtures/append-connections.ts', import.meta.url))
const place = { provider: 'blotre', server: 'https://blot.re' }
const connection = { ...place, account: { id: '1', name: 'alice' }, credentials: { accessToken: 'a' } }
const silent = () => {}

t.test('makes folder and file for their owner alone, and leaves nothing else behind', async (t) => {
  const path = join(t.testdir(), 'new/carillon/credentials.json')
  const file = await openCredentialsFile(path, t.fail)
  t.same(await file.read(), { version: 1, connections: [], registrations: [] })
  await file.exclusively(async (kept, write) => await write(withConnection(kept, place, connection)))
  t.equal((await stat(dirname(path))).mode & 0o777, 0o700)
  t.equal((await stat(path)).mode & 0o777, 0o600)
  t.same(await readdir(dirname(path)), ['credentials.json'])
  t.same((await (await openCredentialsFile(path, t.fail)).read()).connections, [connection])
})

t.test('loses nothing of what several processes write at a time', async (t) => {
  const path = join(t.testdir(), 'credentials.json')
  const names = ['a', 'b', 'c', 'd']
  const ended = await Promise.all(names.map((name) => spawnNode(t, appending, { args: [path, name, '10'] }).exited))
  t.same(ended.map(({ code }) => code), [0, 0, 0, 0])
  const { connections }: Kept = JSON.parse(await readFile(path, 'utf8'))
  t.equal(new Set(connections.map(({ account }) => account.id)).size, 40)
  t.same(await readdir(dirname(path)), ['credentials.json'])
})

t.test('registers once for several who ask at a time, and anew for a registration that is stale', async (t) => {
  const path = join(t.testdir(), 'credentials.json')
  let registered = 0
  const register = async () => ({ clientId: `client${++registered}`, clientSecret: 's' })
  const obtain = async (stale?: { clientId: string, clientSecret: string }) =>
    await createFileRegistrations(await openCredentialsFile(path, t.fail)).obtain('pumpio', 'pump.example', register, stale)
  const all = await Promise.all([obtain(), obtain(), obtain()])
  t.same(all.map(({ clientId }) => clientId), ['client1', 'client1', 'client1'])
  const stale = { clientId: 'client1', clientSecret: 's' }
  const renewed = await Promise.all([obtain(stale), obtain(stale)])
  t.same(renewed.map(({ clientId }) => clientId), ['client2', 'client2'])
})

t.test('closes a file that others may read, and says so', async (t) => {
  const path = join(t.testdir({ 'credentials.json': '' }), 'credentials.json')
  await chmod(path, 0o644)
  const said: string[] = []
  await openCredentialsFile(path, (line) => { said.push(line) })
  t.equal((await stat(path)).mode & 0o777, 0o600)
  t.match(said, [/was readable by other users \(mode 644\)/])
})

t.test('leaves a file of another kind alone', async (t) => {
  for (const text of ['{"name": "something else"}', 'PASSWORD=1', '[]', '{"version": 2, "connections": [], "registrations": []}', '{"version": 1}']) {
    const path = join(t.testdir({ 'credentials.json': text }), 'credentials.json')
    await t.rejects(openCredentialsFile(path, silent), /is not a credentials file/)
    t.equal(await readFile(path, 'utf8'), text)
  }
  await t.rejects(openCredentialsFile(t.testdir(), silent), /is not a file/)
})

t.test('writes where a link leads, and leaves the link', async (t) => {
  const folder = t.testdir({ real: { 'kept.json': '' } })
  await mkdir(join(folder, 'home'))
  await symlink('../real/kept.json', join(folder, 'home/credentials.json'))
  const file = await openCredentialsFile(join(folder, 'home/credentials.json'), silent)
  await file.exclusively(async (kept, write) => await write(withConnection(kept, place, connection)))
  t.match(JSON.parse(await readFile(join(folder, 'real/kept.json'), 'utf8')), { connections: [connection] })
  t.same(await readdir(join(folder, 'home')), ['credentials.json'])
})

t.test('takes over the lock of a process that died', async (t) => {
  const folder = t.testdir({ 'credentials.json': '' })
  const path = join(folder, 'credentials.json')
  const dying = spawnNode(t, appending, { args: [path, 'a', 'die'] })
  await dying.ready
  await dying.kill()
  t.same((await readdir(folder)).sort(), ['credentials.json', 'credentials.json.lock'])
  const file = await openCredentialsFile(path, silent)
  await file.exclusively(async (kept, write) => await write(withConnection(kept, place, connection)))
  t.same(await readdir(folder), ['credentials.json'])
})

t.test('has its place where XDG says', (t) => {
  t.equal(defaultCredentialsPath({ HOME: '/home/a' }), '/home/a/.config/carillon/credentials.json')
  t.equal(defaultCredentialsPath({ HOME: '/home/a', XDG_CONFIG_HOME: '/cfg' }), '/cfg/carillon/credentials.json')
  t.equal(defaultCredentialsPath({ HOME: '/home/a', XDG_CONFIG_HOME: 'relative' }), '/home/a/.config/carillon/credentials.json')
  t.end()
})
