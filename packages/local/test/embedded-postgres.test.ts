import { existsSync } from 'node:fs'
import { mkdir, readFile, readdir, readlink, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import t from 'tap'
import { spawnNode, until } from '@carillon/testing'
import { freePort, openEmbeddedPostgres } from '../src/index.ts'
import { isRunning } from '../src/lock.ts'
import { folder } from './fixtures/folder.ts'

const isRoot = process.getuid?.() === 0
const onlyLinux = process.platform === 'linux' ? false : 'looks into /proc'

// Creating a cluster takes a second or two, so most tests reuse the first one.
const dataDir = await folder(t)

t.test('opens a UTF-8 database that keeps its data, password and port', async (t) => {
  const lines: string[] = []
  const first = await openEmbeddedPostgres({ dataDir, durable: false, onLog: (line) => lines.push(line) })
  await query(first.url, async (sql) => {
    const [row] = await sql`select current_database() as name, current_setting('server_encoding') as encoding,
      current_setting('listen_addresses') as addresses, current_setting('max_connections')::int as connections`
    t.match(row, { name: 'carillon', encoding: 'UTF8', addresses: '127.0.0.1' })
    t.ok(row?.['connections'] >= 200)
    await sql`create table kept (text text)`
    await sql`insert into kept values ('naïve ✓')`
  })
  await first.close()
  await first.close()

  const second = await openEmbeddedPostgres({ dataDir, durable: false })
  t.teardown(() => second.close())
  t.equal(second.url, first.url)
  t.same(await query(second.url, (sql) => sql`select text from kept`), [{ text: 'naïve ✓' }])

  const { password } = new URL(first.url)
  t.ok(password.length >= 20)
  t.notMatch(lines.join('\n'), password)
  t.equal((await stat(join(dataDir, 'password'))).mode & 0o777, 0o600)
  t.equal((await stat(join(dataDir, 'cluster'))).mode & 0o777, 0o700)
})

t.test('refuses a wrong password', async (t) => {
  const server = await openEmbeddedPostgres({ dataDir, durable: false })
  t.teardown(() => server.close())
  const url = new URL(server.url)
  url.password = 'guessed'
  await t.rejects(query(url.href, (sql) => sql`select 1`), { code: '28P01' })
})

t.test('syncs to disk unless configured otherwise', async (t) => {
  for (const durable of [true, false]) {
    const server = await openEmbeddedPostgres({ dataDir, durable })
    const [row] = await query(server.url, (sql) => sql`select current_setting('fsync') as fsync`)
    t.equal(row?.['fsync'], durable ? 'on' : 'off')
    await server.close()
  }
})

t.test('stops with the process that opened it, even if that is killed', async (t) => {
  const owner = spawnOwner(t, dataDir)
  const { url } = await owner.ready
  const pid = await serverPid(dataDir)
  await owner.kill()
  await until(() => !isRunning(pid), { what: 'the end of its PostgreSQL' })
  await t.rejects(query(url, (sql) => sql`select 1`), { code: 'ECONNREFUSED' })
})

t.test('takes over the server and the lock of a crashed process', { skip: onlyLinux }, async (t) => {
  const owner = spawnOwner(t, dataDir)
  await owner.ready
  const pid = await serverPid(dataDir)
  process.kill(await watchmanOf(pid), 'SIGKILL')
  await owner.kill()
  t.ok(isRunning(pid))

  const server = await openEmbeddedPostgres({ dataDir, durable: false })
  t.teardown(() => server.close())
  t.not(await serverPid(dataDir), pid)
  t.same(await query(server.url, (sql) => sql`select 1 as one`), [{ one: 1 }])
})

t.test('ignores the pid file of a stopped server whose process id is in use again', async () => {
  const first = await openEmbeddedPostgres({ dataDir, durable: false })
  const note = await readFile(join(dataDir, 'cluster/postmaster.pid'), 'utf8')
  await first.close()
  await writeFile(join(dataDir, 'cluster/postmaster.pid'), note.replace(/^\d+/, String(process.pid)))
  await writeFile(join(dataDir, 'lock'), JSON.stringify({ pid: process.pid, began: 'long ago' }))
  const second = await openEmbeddedPostgres({ dataDir, durable: false })
  await second.close()
})

t.test('creates a cluster again after an interruption', async (t) => {
  const dataDir = await folder(t)
  await mkdir(join(dataDir, 'cluster.new/cluster'), { recursive: true })
  const server = await openEmbeddedPostgres({ dataDir, durable: false })
  await server.close()
  t.notOk((await readdir(dataDir)).includes('cluster.new'))
})

t.test('explains in one line why it cannot open', async (t) => {
  const server = await openEmbeddedPostgres({ dataDir, durable: false })
  t.teardown(() => server.close())
  await t.rejects(openEmbeddedPostgres({ dataDir }), { message: `the PostgreSQL in ${dataDir} is already used by process ${process.pid}` })
  await t.rejects(openEmbeddedPostgres({ dataDir: await folder(t), port: server.port, durable: false }),
    { message: `port ${server.port} on 127.0.0.1 is in use` })
  await writeFile(join(dataDir, 'file'), '')
  await t.rejects(openEmbeddedPostgres({ dataDir: join(dataDir, 'file') }),
    { message: `the data directory ${join(dataDir, 'file')} cannot be written (EEXIST)` })
})

t.test('reports when the server ends by itself', async (t) => {
  const server = await openEmbeddedPostgres({ dataDir, durable: false })
  process.kill(await serverPid(dataDir), 'SIGKILL')
  t.match(await server.exited, { signal: 'SIGKILL' })
  t.notOk(existsSync(join(dataDir, 'lock')), 'the caller may open the data again')
  const again = await openEmbeddedPostgres({ dataDir, durable: false, port: server.port })
  t.equal(again.url, server.url)
  await again.close()
})

t.test('uses the given port', async (t) => {
  const port = await freePort()
  const server = await openEmbeddedPostgres({ dataDir, port, durable: false })
  t.equal(server.port, port)
  await server.close()
})

t.test('as root', { skip: isRoot ? false : 'only root can' }, async (t) => {
  t.test('runs as another user, with the data in its folder', async (t) => {
    const dataDir = await folder(t)
    const server = await openEmbeddedPostgres({ dataDir, durable: false })
    t.teardown(() => server.close())
    const { uid } = await stat(join(dataDir, 'cluster'))
    t.not(uid, 0)
    t.equal((await stat(`/proc/${await serverPid(dataDir)}`)).uid, uid)
  })

  t.test('stores the data elsewhere when that user cannot access it, and finds it again', async (t) => {
    const home = await folder(t, 0o700)
    const dataDir = join(home, 'data')
    const first = await openEmbeddedPostgres({ dataDir, durable: false })
    await query(first.url, (sql) => sql`create table kept (n int)`)
    await first.close()
    const elsewhere = await readlink(join(dataDir, 'cluster'))
    t.teardown(() => rm(dirname(elsewhere), { recursive: true, force: true }))
    t.match(elsewhere, /^\/var\/lib\/carillon\//)
    t.match(await readFile(join(dirname(elsewhere), 'README'), 'utf8'), dataDir)

    const second = await openEmbeddedPostgres({ dataDir, durable: false })
    t.teardown(() => second.close())
    t.same(await query(second.url, (sql) => sql`select * from kept`), [])
  })

  t.test('keeps the owner of a cluster', async (t) => {
    const dataDir = join(await folder(t, 0o777), 'data')
    const unused = { uid: 65_534, gid: 65_534 }
    const theirs = spawnNode(t, fixture, { args: [dataDir], cwd: '/', env: { HOME: '/' }, ...unused })
    const { url } = await theirs.ready
    await query(url, (sql) => sql`create table kept (n int)`)
    await theirs.kill()
    const ours = await openEmbeddedPostgres({ dataDir, durable: false })
    t.teardown(() => ours.close())
    t.equal(ours.url, url)
    t.same(await query(ours.url, (sql) => sql`select * from kept`), [])
    t.equal((await stat(join(dataDir, 'cluster'))).uid, unused.uid)
  })
})

const fixture = fileURLToPath(new URL('fixtures/open-and-wait.ts', import.meta.url))

function spawnOwner (t: Parameters<typeof spawnNode>[0], dataDir: string) {
  return spawnNode(t, fixture, { args: [dataDir] })
}

async function serverPid (dataDir: string): Promise<number> {
  return Number((await readFile(join(dataDir, 'cluster/postmaster.pid'), 'utf8')).split('\n')[0])
}

/** The shell that stops the server when its parent process ends. */
async function watchmanOf (pid: number): Promise<number> {
  for (const entry of await readdir('/proc')) {
    const command = await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '')
    if (command.includes('kill -INT') && command.includes(`\0${pid}\0`)) return Number(entry)
  }
  throw new Error(`no process watches process ${pid}`)
}

async function query<T> (url: string, work: (sql: postgres.Sql) => PromiseLike<T>): Promise<T> {
  const sql = postgres(url, { max: 1 })
  try {
    return await work(sql)
  } finally {
    await sql.end()
  }
}
