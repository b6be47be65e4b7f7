import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { runCarillon } from '../run-carillon.ts'

const folder = await mkdtemp(join(tmpdir(), 'carillon-profiles-'))
t.teardown(() => rm(folder, { recursive: true, force: true }))
const file = join(folder, 'carillon/config.json')
const env = { XDG_CONFIG_HOME: folder, CARILLON_DATA_DIR: join(folder, 'data') }

/** Deployments that record the keys of requests, and have no providers. */
const keys: Record<string, string[]> = {}
async function openDeployment (name: string): Promise<string> {
  keys[name] = []
  const server = createServer((request, response) => {
    keys[name]?.push(String(request.headers.authorization))
    response.end('{"data":[]}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close() })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
const [staging, production, other] = [await openDeployment('staging'), await openDeployment('production'), await openDeployment('other')]

t.test('stores keys where only their owner reads them, and never prints them', async (t) => {
  const added = await runCarillon(['profiles', 'add', 'staging', '--url', `${staging}/`], env, { input: 'ck_staging\n' })
  t.match(added, { code: 0, stdout: 'staging is stored, and is in use' })
  t.match(await runCarillon(['profiles', 'add', 'production', '--url', production], env, { input: 'ck_production' }), { code: 0, stdout: 'production is stored' })
  t.equal((await stat(file)).mode & 0o777, 0o600)
  t.match(JSON.parse(await readFile(file, 'utf8')), { profile: 'staging', profiles: { staging: { apiUrl: staging, apiKey: 'ck_staging' } } })
  const listed = await runCarillon(['profiles'], env)
  t.match(listed.stdout, new RegExp(`^ +NAME +API\\n\\* +staging +${staging}\\n +production +${production}$`))
  const json = await runCarillon(['profiles', 'list', '--json'], env)
  t.same(JSON.parse(json.stdout), [{ name: 'staging', apiUrl: staging, isInUse: true }, { name: 'production', apiUrl: production, isInUse: false }])
  for (const { stdout, stderr } of [added, listed, json]) t.notMatch(stdout + stderr, 'ck_')
  t.match(await runCarillon(['profiles', 'add', 'x', '--url', production], env), { code: 1, stderr: /the API key must be one word/ })
})

t.test('an option precedes the environment, which precedes the profile in use', async (t) => {
  const own = { CARILLON_API_URL: other, CARILLON_API_KEY: 'ck_own' }
  const cases: Array<[args: string[], env: Record<string, string>, deployment: string, key: string]> = [
    [['providers'], {}, 'staging', 'ck_staging'],
    [['providers'], { CARILLON_PROFILE: 'production' }, 'production', 'ck_production'],
    [['providers'], { CARILLON_PROFILE: 'production', ...own }, 'other', 'ck_own'],
    [['providers'], { CARILLON_API_KEY: 'ck_own' }, 'staging', 'ck_own'],
    [['--profile', 'production', 'providers'], own, 'production', 'ck_production'],
    [['providers', '--profile=production'], own, 'production', 'ck_production']
  ]
  for (const [args, changes, deployment, key] of cases) {
    const { code, stderr } = await runCarillon(args, { ...env, ...changes })
    t.equal(code, 0, stderr)
    t.equal(keys[deployment]?.pop(), `Bearer ${key}`, `${args.join(' ')} with ${Object.keys(changes).join(', ')}`)
  }
  t.match(await runCarillon(['providers'], { ...env, CARILLON_API_URL: other }), { code: 1, stderr: /the key of the profile is not for/ })
  t.match(await runCarillon(['providers'], { ...env, CARILLON_PROFILE: '' }), { code: 1, stderr: /CARILLON_API_URL is not set, there is no profile/ })
  t.match(await runCarillon(['--profile', 'nowhere', 'providers'], env), { code: 1, stderr: /there is no profile "nowhere" in / })
  t.same(Object.values(keys).flat(), [], 'no key was sent elsewhere')
})

t.test('sends the key of a running `carillon up` only to its own URL', async (t) => {
  const dataDir = join(folder, 'up')
  await mkdir(dataDir)
  await writeFile(join(dataDir, 'up.json'), JSON.stringify({ apiUrl: staging, operatorKey: 'ck_operator' }))
  const ofUp = { CARILLON_DATA_DIR: dataDir, CARILLON_PROFILE: '' }
  const cases: Array<[env: Record<string, string>, deployment: string, key: string]> = [
    [{}, 'staging', 'ck_operator'],
    [{ CARILLON_API_URL: `${staging}/` }, 'staging', 'ck_operator'],
    [{ CARILLON_API_KEY: 'ck_own' }, 'staging', 'ck_own'],
    [{ CARILLON_API_URL: other, CARILLON_API_KEY: 'ck_own' }, 'other', 'ck_own']
  ]
  for (const [changes, deployment, key] of cases) {
    const { code, stderr } = await runCarillon(['providers'], { ...env, ...ofUp, ...changes })
    t.equal(code, 0, stderr)
    t.equal(keys[deployment]?.pop(), `Bearer ${key}`, `with ${Object.keys(changes).join(', ')}`)
  }
  const refused = await runCarillon(['providers'], { ...env, ...ofUp, CARILLON_API_URL: other })
  t.match(refused, {
    code: 1, stderr: new RegExp(`CARILLON_API_KEY is not set, and the key of the running \`.* up\`, which is at ${staging}, is not for ${other}`)
  })
  t.notMatch(refused.stdout + refused.stderr, 'ck_')
  t.same(Object.values(keys).flat(), [], 'no key was sent elsewhere')
})

t.test('warns when other users may read the file, and names a file that is not valid', async (t) => {
  await chmod(file, 0o644)
  t.match(await runCarillon(['providers'], env), { code: 0, stderr: /warning: other users may read the API keys in \S+ \(mode 644\); run chmod 600/ })
  t.match(await runCarillon(['profiles', 'use', 'production'], env), { code: 0, stderr: /warning/, stdout: 'production is in use' })
  t.equal((await stat(file)).mode & 0o777, 0o600, 'a new file has the right mode')
  t.match(await runCarillon(['profiles', 'remove', 'production'], env), { stdout: 'production is removed, and no profile is in use' })
  t.match(await runCarillon(['profiles', 'use', 'production'], env), { code: 1, stderr: /there is no profile "production"/ })
  await writeFile(file, '{"profiles":{"a":{"apiKey":"ck_secret"}}}')
  const { code, stderr } = await runCarillon(['profiles'], env)
  t.match({ code, stderr }, { code: 1, stderr: /is not a file of profiles; correct or remove it/ })
  t.notMatch(stderr, 'ck_secret')
})
