import { openSandbox } from '@carillon/sandbox'
import { createApiKey, revokeApiKey } from '@carillon/shared/api-keys'
import { saveConnections } from '@carillon/shared/connections'
import { loadConfig } from '@carillon/shared/config'
import { newId, openDatabase } from '@carillon/shared/db'
import { startKeyReports } from '@carillon/shared/encryption-keys'
import { createEndpoint } from '@carillon/shared/endpoints'
import { createLog } from '@carillon/shared/log'
import { ensureUser } from '@carillon/shared/users'
import { createVault, parseVaultKeys } from '@carillon/shared/vault'
import { recordHeartbeat } from '@carillon/shared/workers'
import { startRedis, testDatabase, testKeys } from '@carillon/testing'
import t from 'tap'
import { checkClock } from '../../src/doctor/check-clock.ts'
import { checkKeys } from '../../src/doctor/check-keys.ts'
import { checkPublicUrl } from '../../src/doctor/check-public-url.ts'
import type { Finding } from '../../src/doctor/finding.ts'
import { runDoctor } from '../../src/doctor/run-doctor.ts'
import { runCarillon } from '../run-carillon.ts'

const dayMs = 86_400_000

const { url: DATABASE_URL } = await testDatabase(t)
const database = openDatabase({ url: DATABASE_URL, max: 1 })
t.teardown(() => database.close())
const { sql } = database
const redis = await startRedis(t)
const sandbox = await openSandbox()
t.teardown(() => sandbox.close())
const env: Record<string, string> = {
  DATABASE_URL,
  CARILLON_KEYS: testKeys(),
  ...redis === undefined ? {} : { REDIS_URL: redis.url },
  ...sandbox.environment('pushbullet', 'email')
}
const smtpPort = new URL(env['EMAIL_SMTP_URL'] ?? '').port

const { id: userId } = await ensureUser(database, { externalId: 'ann' })
const vault = createVault(loadConfig(env, ['CARILLON_KEYS']).CARILLON_KEYS)
await saveConnections(database, vault, [
  { userId, provider: 'pushbullet', grant: { credentials: { accessToken: 'token' }, account: { id: 'a1', name: 'Ann' } } }
])
const heartbeat = { id: newId(), version: '0.1.0', host: 'web1', pid: 1, providers: ['pushbullet'], runningJobs: 0, clockAheadMs: 0, hostLimits: [] }
const plantKey = async (name: string, expiresAt: Date) => {
  const { id } = await createApiKey(database, { name, scopes: ['users:write'], expiresAt })
  await sql`update api_keys set last_used_at = expires_at - interval '1 hour' where id = ${id}`
  return async () => await revokeApiKey(database, id)
}
const revive = async () => { await recordHeartbeat(database, heartbeat) }
await revive()

interface Planted {
  fault: string
  env?: Record<string, string>
  /** Plants the fault, and returns what removes it. */
  plant?: () => Promise<() => Promise<unknown>>
  expected: [level: string, subject: string, explanation: RegExp, nextStep: RegExp]
}

const faults: Planted[] = [
  { fault: 'an invalid variable', env: { PORT: 'web' }, expected: ['error', 'configuration', /^PORT is "web"; it takes/, /^Correct it/] },
  {
    fault: 'a misspelled variable',
    env: { SLACK_CLIENT_SECRT: 'hunter2' },
    expected: ['warning', 'SLACK_CLIENT_SECRT', /^This is not a variable of Carillon and is ignored\.$/, /^Rename it to SLACK_CLIENT_SECRET, or remove it\.$/]
  },
  {
    fault: 'a database that is away',
    env: { DATABASE_URL: 'postgres://carillon:hunter2@127.0.0.1:1/carillon' },
    expected: ['error', 'database', /^PostgreSQL does not respond: .*ECONNREFUSED/, /^Check DATABASE_URL/]
  },
  {
    fault: 'a missing migration',
    async plant () {
      const [last] = await sql<Array<{ hash: string, at: string }>>`
        delete from drizzle.__drizzle_migrations where created_at = (select max(created_at) from drizzle.__drizzle_migrations) returning hash, created_at::text as at`
      return async () => await sql`insert into drizzle.__drizzle_migrations (hash, created_at) values (${last?.hash ?? ''}, ${last?.at ?? ''})`
    },
    expected: ['error', 'migrations', /^The database lacks \d{4}_\w+\.$/, /^Run `carillon migrate`\.$/]
  },
  {
    fault: 'a key that does not open the stored credentials',
    env: { CARILLON_KEYS: `other:${Buffer.alloc(32, 7).toString('base64')}` },
    expected: ['error', 'CARILLON_KEYS', /^CARILLON_KEYS cannot decrypt stored credentials\. They were encrypted with the key "\w+"/, /^Add the old key/]
  },
  { fault: 'no keys', env: { CARILLON_KEYS: '' }, expected: ['error', 'CARILLON_KEYS', /^It is not set\.$/, /^Set it/] },
  {
    fault: 'a provider that cannot be reached',
    env: { PUSHBULLET_API_URL: 'http://127.0.0.1:1' },
    expected: ['error', 'pushbullet', /^http:\/\/127\.0\.0\.1:1 cannot be reached: it refuses the connection\.$/, /^Check the network/]
  },
  {
    fault: 'a wrong password of the SMTP server',
    env: { EMAIL_SMTP_URL: `smtp://carillon:hunter2@127.0.0.1:${smtpPort}` },
    expected: ['error', 'email', /^127\.0\.0\.1:\d+ cannot be used: the SMTP server does not accept our login\.$/, /^Check user and password in EMAIL_SMTP_URL\.$/]
  },
  {
    fault: 'an SMTP server without STARTTLS',
    // The same server, at an address that is not a loopback address.
    env: { EMAIL_SMTP_URL: `smtp://carillon:hunter2@0.0.0.0:${smtpPort}` },
    expected: ['error', 'email', /does not offer STARTTLS\.$/, /^Use smtps:\/\/ in EMAIL_SMTP_URL, or add \?requireTLS=false/]
  },
  {
    fault: 'an SMTP server that is away',
    env: { EMAIL_SMTP_URL: 'smtp://carillon:hunter2@127.0.0.1:1' },
    expected: ['error', 'email', /^127\.0\.0\.1:1 cannot be used: /, /^Check the variables with its address/]
  },
  {
    fault: 'a worker that is not running',
    async plant () {
      await sql`update workers set seen_at = now() - interval '1 minute'`
      return revive
    },
    expected: ['error', 'worker', /^No worker is running, so nothing is sent\. The last one was last seen at /, /^Start a worker/]
  },
  ...redis === undefined
    ? []
    : [
        {
          fault: 'a Redis that is away',
          env: { REDIS_URL: 'redis://127.0.0.1:1' },
          expected: ['error', 'queue', /^Redis cannot hold jobs: /, /^Check REDIS_URL/] as Planted['expected']
        },
        {
          fault: 'a Redis that may drop jobs',
          async plant () {
            await redis.command('config', 'set', 'maxmemory-policy', 'allkeys-lru')
            return async () => await redis.command('config', 'set', 'maxmemory-policy', 'noeviction')
          },
          expected: ['error', 'eviction', /has the maxmemory-policy allkeys-lru, and may drop jobs/, /^Set `maxmemory-policy noeviction`\.$/] as Planted['expected']
        }
      ],
  {
    fault: 'an API key that expires soon',
    plant: async () => await plantKey('backend', new Date(Date.now() + dayMs)),
    expected: ['warning', 'API keys', /^backend \(key_\S+\) expires at \S+Z\.$/, /^Run `carillon keys renew key_\S+ --expires 90d` and use the new key/]
  },
  {
    fault: 'an API key that has expired in use',
    plant: async () => await plantKey('shop', new Date(Date.now() - dayMs)),
    expected: ['warning', 'API keys', /^shop \(key_\S+\) expired at \S+Z, and was used until then\.$/, /^Run `carillon keys renew key_\S+/]
  },
  {
    fault: 'a PUBLIC_URL that only this machine reaches, with real providers',
    env: { PUSHBULLET_API_URL: 'https://pushbullet.invalid', PUBLIC_URL: 'http://localhost:4000' },
    expected: ['error', 'PUBLIC_URL', /^http:\/\/localhost:4000 is an address of this machine, and the providers are real ones/, /^Set it to the https URL/]
  },
  {
    fault: 'a PUBLIC_URL without TLS',
    env: { PUBLIC_URL: 'http://bell.example' },
    expected: ['warning', 'PUBLIC_URL', /does not use https/, /^Put the API behind a proxy with TLS/]
  }
]

t.test('finds no fault in a deployment that works', async (t) => {
  const findings = await examine(env)
  t.same(findings.filter(({ level }) => level !== 'ok'), [])
  const subjects = findings.map(({ subject }) => subject)
  for (const subject of ['configuration', 'PUBLIC_URL', 'database', 'clock', 'migrations', 'CARILLON_KEYS', 'queue', 'worker', 'pushbullet', 'email']) {
    t.ok(subjects.includes(subject), `checks ${subject}`)
  }
})

for (const { fault, env: changes = {}, plant, expected: [level, subject, explanation, nextStep] } of faults) {
  t.test(`names ${fault}`, async (t) => {
    const remove = await plant?.()
    const findings = await examine({ ...env, ...changes })
    await remove?.()
    const found = findings.find((one) => one.subject === subject && one.level === level)
    t.match(found, { explanation, nextStep })
    t.notMatch(JSON.stringify(findings), /hunter2/, 'no secret is printed')
    t.ok(findings.every(({ explanation }) => explanation.endsWith('.')), 'in complete sentences')
  })
}

t.test('names all faults of the configuration at once', async (t) => {
  const findings = await examine({ ...env, PORT: 'web', LOG_LEVEL: 'loud' })
  t.match(findings, [{ level: 'error', explanation: /PORT/ }, { level: 'error', explanation: /LOG_LEVEL/ }])
})

t.test('names a missing key of an endpoint, also before there are credentials', async (t) => {
  const { url } = await testDatabase(t)
  const database = openDatabase({ url, max: 1 })
  t.teardown(() => database.close())
  const [lost, present] = [parseVaultKeys(testKeys('lost')), parseVaultKeys(testKeys())]
  const reports = await startKeyReports({ database, keys: lost, log: createLog({ name: 'test', level: 'fatal' }) })
  await reports.close()
  t.match(await checkKeys(database, present), { level: 'ok', explanation: 'There are no stored credentials yet.' })
  const endpoint = { id: newId(), url: 'https://site.example', description: null, events: ['*'], enabled: true }
  await createEndpoint(database, createVault(lost), endpoint)
  t.match(await checkKeys(database, present), {
    level: 'error', explanation: /^CARILLON_KEYS lacks the key lost, which encrypted 1 stored value\. /, nextStep: 'The API and the worker do not start until then.'
  })
})

t.test('names a wrong clock', async (t) => {
  t.match(checkClock('PostgreSQL', 61_000), { level: 'warning', explanation: 'The clock of this machine is 61 s ahead of that of PostgreSQL.' })
  t.match(checkClock('Redis', -9_400), { level: 'warning', explanation: 'The clock of this machine is 9 s behind that of Redis.' })
  t.match(checkClock('Redis', 40), { level: 'ok' })
})

t.test('accepts https, and an address of this machine with simulators', async (t) => {
  t.match(checkPublicUrl('https://bell.example', ['https://api.pushbullet.com']), { level: 'ok' })
  t.match(checkPublicUrl(undefined, ['http://127.0.0.1:4400']), { level: 'ok' })
  t.match(checkPublicUrl(undefined, ['https://api.pushbullet.com']), { level: 'error', explanation: /^It is not set/ })
})

t.test('prints one check per line, and ends with 1 for an error', async (t) => {
  await revive()
  const { code, stdout } = await runCarillon(['doctor'], { ...env, CARILLON_KEYS: '', SLACK_CLIENT_SECRT: 'hunter2' })
  t.equal(code, 1)
  t.match(stdout, /^ok: configuration: All variables are valid\.\nwarning: SLACK_CLIENT_SECRT: This is not a variable of Carillon and is ignored\.\n {2}Next: Rename it to SLACK_CLIENT_SECRET, or remove it\.\n/)
  t.match(stdout, /^error: CARILLON_KEYS: It is not set\.\n {2}Next: Set it to the keys of the API and the worker\.$/m)
  t.match(stdout, /^ok: pushbullet: http\S+ responds\.$/m)
  for (const line of stdout.split('\n')) t.ok(line.length <= 80, line)
})

async function examine (given: Record<string, string>): Promise<Finding[]> {
  const findings: Finding[] = []
  await runDoctor(given, (finding) => { findings.push(finding) })
  return findings
}
