import { chmod, mkdir, readdir, readFile, stat, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { spawnNode } from '@carillon/testing'
import t from 'tap'
import { openCredentialsFile } from '../../../src/connect/credentials/credentials-file.ts'
import { configPath } from '../../../src/profiles/config-path.ts'
import { createFileRegistrations } from '../../../src/connect/credentials/file-registrations.ts'
import { withConnection } from '../../../src/connect/credentials/stored-credentials.ts'
import type { StoredCredentials } from '../../../src/connect/credentials/stored-credentials.ts'

const appendConnections = fileURLToPath(new URL('fixtures/append-connections.ts', import.meta.url))
const key = { provider: 'blotre', server: 'https://blot.re' }
const connection = { ...key, account: { id: '1', name: 'alice' }, credentials: { accessToken: 'a' } }
const silent = () => {}

t.test('creates a folder and a file that only their owner can read, and no other file', async (t) => {
  const path = join(t.testdir(), 'new/carillon/credentials.json')
  const file = await openCredentialsFile(path, t.fail)
  t.same(await file.read(), { version: 1, connections: [], registrations: [] })
  await file.withLock(async (stored, write) => await write(withConnection(stored, key, connection)))
  t.equal((await stat(dirname(path))).mode & 0o777, 0o700)
  t.equal((await stat(path)).mode & 0o777, 0o600)
  t.same(await readdir(dirname(path)), ['credentials.json'])
  t.same((await (await openCredentialsFile(path, t.fail)).read()).connections, [connection])
})

t.test('loses nothing that concurrent processes write', async (t) => {
  const path = join(t.testdir(), 'credentials.json')
  const names = ['a', 'b', 'c', 'd']
  const ended = await Promise.all(names.map((name) => spawnNode(t, appendConnections, { args: [path, name, '10'] }).exited))
  t.same(ended.map(({ code }) => code), [0, 0, 0, 0])
  const { connections }: StoredCredentials = JSON.parse(await readFile(path, 'utf8'))
  t.equal(new Set(connections.map(({ account }) => account.id)).size, 40)
  t.same(await readdir(dirname(path)), ['credentials.json'])
})

t.test('registers once for concurrent callers, and again for a stale registration', async (t) => {
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

t.test('removes other users\' access to the file, and reports it', async (t) => {
  const path = join(t.testdir({ 'credentials.json': '' }), 'credentials.json')
  await chmod(path, 0o644)
  const messages: string[] = []
  await openCredentialsFile(path, (line) => { messages.push(line) })
  t.equal((await stat(path)).mode & 0o777, 0o600)
  t.match(messages, [/was readable by other users \(mode 644\)/])
})

t.test('does not change a file in another format', async (t) => {
  for (const text of ['{"name": "something else"}', 'PASSWORD=1', '[]', '{"version": 2, "connections": [], "registrations": []}', '{"version": 1}']) {
    const path = join(t.testdir({ 'credentials.json': text }), 'credentials.json')
    await t.rejects(openCredentialsFile(path, silent), /is not a credentials file/)
    t.equal(await readFile(path, 'utf8'), text)
  }
  await t.rejects(openCredentialsFile(t.testdir(), silent), /is not a file/)
})

t.test('writes to the target of a link, and keeps the link', async (t) => {
  const folder = t.testdir({ real: { 'kept.json': '' } })
  await mkdir(join(folder, 'home'))
  await symlink('../real/kept.json', join(folder, 'home/credentials.json'))
  const file = await openCredentialsFile(join(folder, 'home/credentials.json'), silent)
  await file.withLock(async (stored, write) => await write(withConnection(stored, key, connection)))
  t.match(JSON.parse(await readFile(join(folder, 'real/kept.json'), 'utf8')), { connections: [connection] })
  t.same(await readdir(join(folder, 'home')), ['credentials.json'])
})

t.test('takes over the lock of a dead process', async (t) => {
  const folder = t.testdir({ 'credentials.json': '' })
  const path = join(folder, 'credentials.json')
  const dying = spawnNode(t, appendConnections, { args: [path, 'a', 'die'] })
  await dying.ready
  await dying.kill()
  t.same((await readdir(folder)).sort(), ['credentials.json', 'credentials.json.lock'])
  const file = await openCredentialsFile(path, silent)
  await file.withLock(async (stored, write) => await write(withConnection(stored, key, connection)))
  t.same(await readdir(folder), ['credentials.json'])
})

t.test('stores the file where the XDG specification says', (t) => {
  t.equal(configPath({ HOME: '/home/a' }, 'credentials.json'), '/home/a/.config/carillon/credentials.json')
  t.equal(configPath({ HOME: '/home/a', XDG_CONFIG_HOME: '/cfg' }, 'credentials.json'), '/cfg/carillon/credentials.json')
  t.equal(configPath({ HOME: '/home/a', XDG_CONFIG_HOME: 'relative' }, 'credentials.json'), '/home/a/.config/carillon/credentials.json')
  t.end()
})
