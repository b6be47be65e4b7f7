import { execa } from 'execa'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import t from 'tap'
import { findRedisServer, freePort } from '@carillon/local'
import { envExample } from '@carillon/shared/config'
import { spawnApp, spawnNode, testDatabase, testKeys, until } from '../src/index.ts'
import { redisMissing } from '../src/stores/redis-missing.ts'
import { fill, readCompose } from './fixtures/compose.ts'
import { root } from './fixtures/image.ts'

const { text, secrets, services, volumes, configs, ours } = await readCompose()

t.test('has the services of a production setup, each with restarts and a health check', async (t) => {
  t.same(Object.keys(services), ['postgres', 'redis', 'migrate', 'api', 'worker'])
  for (const [name, { restart, healthcheck }] of Object.entries(services)) {
    t.equal(restart, name === 'migrate' ? 'on-failure' : 'unless-stopped', name)
    t.ok(name === 'migrate' ? healthcheck?.disable : healthcheck?.test, `${name} has a health check, unless it ends by itself`)
  }
})

t.test('uses only valid keys of Compose', async (t) => {
  const known = ['image', 'build', 'restart', 'init', 'read_only', 'tmpfs', 'cap_drop', 'security_opt', 'env_file', 'environment', 'command',
    'volumes', 'ports', 'healthcheck', 'depends_on', 'shm_size', 'stop_grace_period', 'configs', 'mem_limit']
  for (const [name, service] of Object.entries(services)) {
    t.same(Object.keys(service).filter((key) => !known.includes(key)), [], name)
    t.same(Object.keys(service.healthcheck ?? {}).filter((key) => !['test', 'interval', 'timeout', 'retries', 'start_period', 'disable'].includes(key)), [])
  }
})

t.test('waits only for conditions that can become true', async (t) => {
  for (const [name, { depends_on: needs = {} }] of Object.entries(services)) {
    for (const [other, { condition }] of Object.entries(needs)) {
      const way = `${name} waits for ${other} to be ${condition}`
      if (condition === 'service_healthy') t.ok(services[other]?.healthcheck?.test, way)
      else t.same([other, condition], ['migrate', 'service_completed_successfully'], way)
    }
  }
})

t.test("stores data in named volumes, at the images' paths", async (t) => {
  t.same(services['postgres']?.volumes, ['postgres:/var/lib/postgresql'])
  t.same(services['redis']?.volumes, ['redis:/data'])
  t.same(Object.keys(volumes), ['postgres', 'redis'])
})

t.test('pins every image by digest, and limits the memory of every service', async (t) => {
  for (const [name, { image, build, mem_limit: limit }] of Object.entries(services)) {
    if (build === undefined) t.match(image, /^[a-z]+:\d+@sha256:[0-9a-f]{64}$/, name)
    t.match(limit, /^\d+[mg]$/, name)
  }
})

t.test('mounts exactly the configurations that it defines', async (t) => {
  const mounted = Object.values(services).flatMap(({ configs = [] }) => configs.map(({ source }) => source))
  t.same(mounted.sort(), Object.keys(configs).sort())
})

t.test('passes the apps no passwords except in their URLs', async (t) => {
  for (const [name, { environment = {} }] of ours) {
    for (const variable of ['POSTGRES_PASSWORD', 'POSTGRES_ADMIN_PASSWORD', 'REDIS_PASSWORD']) t.equal(environment[variable], '', `${name} ${variable}`)
    t.notMatch(JSON.stringify(environment), 'adminpw')
  }
})

t.test('creates a role for Carillon that is no superuser, with all necessary permissions', async (t) => {
  const { url } = await testDatabase(t)
  const role = `compose_${randomBytes(6).toString('hex')}`
  const admin = postgres(url, { max: 1, onnotice: () => {} })
  t.teardown(async () => {
    await admin.unsafe(`drop database if exists ${role} with (force)`)
    await admin.unsafe(`drop role if exists ${role}`)
    await admin.end()
  })
  const statements = (configs['create-carillon']?.content ?? '').trim().split('\n')
  for (const statement of statements) await admin.unsafe(statement.replaceAll('carillon', role))
  t.match(await admin`select rolsuper, rolcreaterole, rolcreatedb from pg_roles where rolname = ${role}`,
    [{ rolsuper: false, rolcreaterole: false, rolcreatedb: false }])
  const own = new URL(url)
  Object.assign(own, { username: role, password: 'pw', pathname: `/${role}` })
  const env = { DATABASE_URL: own.href, CARILLON_KEYS: testKeys(), PORT: '0' }
  t.match(await spawnNode(t, join(root, 'apps/cli/src/main.ts'), { args: ['migrate'], env }).exited, { code: 0 })
  for (const app of ['api', 'worker'] as const) {
    const running = spawnApp(t, app, { env })
    await running.ready
    t.match(await running.stop(), { code: 0 })
  }
})

const noRedis = await findRedisServer() ? false : redisMissing

t.test('configures Redis with a password, without eviction and within its memory', { skip: noRedis }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'carillon-compose-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const port = await freePort()
  const file = join(folder, 'redis.conf')
  await writeFile(file, configs['redis']?.content ?? '')
  const server = execa('redis-server', [file, '--port', String(port), '--bind', '127.0.0.1', '--dir', folder], { reject: false })
  t.teardown(async () => {
    server.kill()
    await server
  })
  const ask = async (password: string, ...command: string[]): Promise<string[]> =>
    (await execa('redis-cli', ['-p', String(port), ...command], { env: { REDISCLI_AUTH: password }, reject: false })).stdout.split('\n')
  await until(async () => (await ask('redispw', 'ping'))[0] === 'PONG')
  t.match(await ask('', 'ping'), [/NOAUTH/])
  t.same(await ask('redispw', 'config', 'get', 'maxmemory-policy'), ['maxmemory-policy', 'noeviction'])
  t.same(await ask('redispw', 'config', 'get', 'appendonly'), ['appendonly', 'yes'])
  t.same(await ask('redispw', 'config', 'get', 'maxmemory'), ['maxmemory', String(768 * 1024 * 1024)])
})

t.test('contains no secret, and reports a missing one', async (t) => {
  for (const name of Object.keys(secrets)) {
    const { [name]: _, ...others } = secrets as Record<string, string>
    t.throws(() => fill(text, others), { message: new RegExp(`^${name}: set ${name} in \\.env`) })
  }
  for (const line of text.split('\n').filter((line) => /password|secret|keys/i.test(line.replace(/#.*/, '')))) {
    t.match(line, /\$\{\w+:\?|: ""$/, line.trim())
  }
})

t.test('publishes only the API, and only on this machine', async (t) => {
  const published = Object.entries(services).flatMap(([name, { ports = [] }]) => ports.map((port) => [name, port]))
  t.same(published, [['api', '127.0.0.1:4000:4000']])
})

t.test('sets only variables that Carillon reads', async (t) => {
  const known = [...envExample().matchAll(/^(\w+)=/gm)].map(([, name]) => name)
  // The compose file sets these to empty values, because the apps do not use them.
  known.push('POSTGRES_PASSWORD', 'POSTGRES_ADMIN_PASSWORD', 'REDIS_PASSWORD')
  for (const [name, { environment = {} }] of ours) {
    t.same(Object.keys(environment).filter((variable) => !known.includes(variable)), [], name)
  }
})

const client = await execa('docker', ['compose', 'version'], { reject: false })

t.test('is valid for Docker Compose', { skip: client.exitCode === 0 ? false : 'docker compose is not installed' }, async (t) => {
  const { exitCode, stderr } = await execa('docker', ['compose', '--file', 'docker-compose.yml', '--env-file', '/dev/null', 'config', '--quiet', '--no-env-resolution'],
    { cwd: root, env: secrets, reject: false })
  t.equal(exitCode, 0, stderr)
})
