import { execa } from 'execa'
import t from 'tap'
import { envExample } from '@carillon/shared/config'
import { fill, readCompose } from './fixtures/compose.ts'
import { root } from './fixtures/image.ts'

const { text, secrets, services, volumes, ours } = await readCompose()

t.test('has the parts that production needs, each kept alive and watched', async (t) => {
  t.same(Object.keys(services), ['postgres', 'redis', 'migrate', 'api', 'worker'])
  for (const [name, { restart, healthcheck }] of Object.entries(services)) {
    t.equal(restart, name === 'migrate' ? 'on-failure' : 'unless-stopped', name)
    t.ok(name === 'migrate' ? healthcheck?.disable : healthcheck?.test, `${name} has a health check, unless it ends by itself`)
  }
})

t.test('uses only keys that Compose knows', async (t) => {
  const known = ['image', 'build', 'restart', 'init', 'read_only', 'tmpfs', 'cap_drop', 'security_opt', 'env_file', 'environment', 'command',
    'volumes', 'ports', 'healthcheck', 'depends_on', 'shm_size', 'stop_grace_period']
  for (const [name, service] of Object.entries(services)) {
    t.same(Object.keys(service).filter((key) => !known.includes(key)), [], name)
    t.same(Object.keys(service.healthcheck ?? {}).filter((key) => !['test', 'interval', 'timeout', 'retries', 'start_period', 'disable'].includes(key)), [])
  }
})

t.test('waits for what is there, in a way that can come true', async (t) => {
  for (const [name, { depends_on: needs = {} }] of Object.entries(services)) {
    for (const [other, { condition }] of Object.entries(needs)) {
      const way = `${name} waits for ${other} to be ${condition}`
      if (condition === 'service_healthy') t.ok(services[other]?.healthcheck?.test, way)
      else t.same([other, condition], ['migrate', 'service_completed_successfully'], way)
    }
  }
})

t.test('keeps data in named volumes, where the images put it', async (t) => {
  t.same(services['postgres']?.volumes, ['postgres:/var/lib/postgresql'])
  t.same(services['redis']?.volumes, ['redis:/data'])
  t.same(Object.keys(volumes), ['postgres', 'redis'])
  t.match(services['redis']?.command, ['redis-server', '--appendonly', 'yes', '--maxmemory-policy', 'noeviction'])
})

t.test('holds no secret, and says which one is missing', async (t) => {
  for (const name of Object.keys(secrets)) {
    const { [name]: _, ...others } = secrets as Record<string, string>
    t.throws(() => fill(text, others), { message: new RegExp(`^${name}: set ${name} in \\.env`) })
  }
  for (const line of text.split('\n').filter((line) => /password|secret|keys/i.test(line.replace(/#.*/, '')))) {
    t.match(line, /\$\{\w+:\?/, line.trim())
  }
})

t.test('publishes the API alone, and to this machine alone', async (t) => {
  const published = Object.entries(services).flatMap(([name, { ports = [] }]) => ports.map((port) => [name, port]))
  t.same(published, [['api', '127.0.0.1:4000:4000']])
})

t.test('sets only variables that Carillon reads', async (t) => {
  const known = [...envExample().matchAll(/^(\w+)=/gm)].map(([, name]) => name)
  for (const [name, { environment = {} }] of ours) {
    t.same(Object.keys(environment).filter((variable) => !known.includes(variable)), [], name)
  }
})

const client = await execa('docker', ['compose', 'version'], { reject: false })

t.test('is accepted by Docker Compose', { skip: client.exitCode === 0 ? false : 'docker compose is not installed' }, async (t) => {
  const { exitCode, stderr } = await execa('docker', ['compose', '--file', 'docker-compose.yml', '--env-file', '/dev/null', 'config', '--quiet', '--no-env-resolution'],
    { cwd: root, env: secrets, reject: false })
  t.equal(exitCode, 0, stderr)
})
