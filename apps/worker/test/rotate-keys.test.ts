import { createApiKey } from '@carillon/shared/api-keys'
import { newId, openDatabase, scopes } from '@carillon/shared/db'
import { createEndpoint } from '@carillon/shared/endpoints'
import { createVault, parseVaultKeys, sealContext } from '@carillon/shared/vault'
import { backends, createSite, sandboxEnvironment, spawnApp, testKeys, until } from '@carillon/testing'
import t from 'tap'
import { ended, importUsers } from './open-processes.ts'

const [oldKey, newKey] = [testKeys('old'), testKeys('new')]
const people = 20

t.test('rotates keys while the worker sends and refreshes, also after a kill', async (t) => {
  const [postgres] = await backends()
  if (postgres === undefined) throw new Error('PostgreSQL is always there')
  const stores = await postgres.open(t)
  const sandbox = spawnApp(t, 'sandbox', { env: { SANDBOX_PORT: '0' } })
  const { url: sandboxUrl } = await sandbox.ready
  const shared = { ...stores, PORT: '0', RECONCILE_SECONDS: '1', ...await sandboxEnvironment(sandboxUrl, 'pushbullet', 'blotre') }
  const database = openDatabase({ url: stores.DATABASE_URL, max: 2 })
  t.teardown(() => database.close())
  const { sql } = database
  const { key: operatorKey } = await createApiKey(database, { name: 'test', scopes: [...scopes] })
  const start = async (keys: string, ...apps: Array<'api' | 'worker'>) => {
    const processes = apps.map((name) => spawnApp(t, name, { env: { ...shared, CARILLON_KEYS: keys } }))
    const [{ url: apiUrl } = { url: '' }] = await Promise.all(processes.map(({ ready }) => ready))
    return {
      site: createSite({ apiUrl, sandboxUrl, operatorKey }),
      stop: () => Promise.all(processes.map((one) => one.stop()))
    }
  }
  const rotate = (...args: string[]) => spawnApp(t, 'cli', {
    args: ['keys', 'rotate', ...args], env: { DATABASE_URL: stores.DATABASE_URL, CARILLON_KEYS: `${newKey},${oldKey}` }
  })
  const counts = async () => {
    const [row] = await sql<Array<{ old: number, fresh: number }>>`
      select count(*) filter (where starts_with(credentials, 'v1.old.'))::int as old, count(*) filter (where starts_with(credentials, 'v1.new.'))::int as fresh from grants`
    return row ?? { old: 0, fresh: 0 }
  }

  // With the old key: tokens that never change, tokens that have to be refreshed, and an endpoint.
  const before = await start(oldKey, 'api')
  const users = await importUsers(before.site, people)
  const { data } = await before.site.control<{ data: Array<{ account: string, accessToken: string, refreshToken: string }> }>(
    'POST', '/accounts', { provider: 'blotre', count: people })
  const connections = data.map(({ account, accessToken, refreshToken }) => ({
    userId: account, provider: 'blotre', credentials: { accessToken, refreshToken }, account: { id: account, name: account }
  }))
  await before.site.api('POST', '/v1/connections/import', { body: { connections } })
  for (const { account } of data) await before.site.control('POST', '/tokens/expire', { provider: 'blotre', account })
  const endpoint = { id: newId(), url: 'https://site.example', description: null, events: ['provider.paused'], enabled: true }
  await createEndpoint(database, createVault(parseVaultKeys(oldKey)), endpoint)
  await before.stop()
  t.same(await counts(), { old: 2 * people, fresh: 0 })

  const both = await start(`${newKey},${oldKey}`, 'api', 'worker')
  await sql`update encryption_keys set used_at = now() - interval '31 seconds' where id = 'old'`
  const refused = rotate('--check', 'old')
  t.equal((await refused.exited).code, 1)
  t.match(refused.output(), new RegExp(`old is used by ${2 * people + 1} values \\(grants\\.credentials ${2 * people}, endpoints\\.secrets 1\\): do not remove it`))

  // While the table of endpoints is locked, the first run cannot end: the kill hits it in the middle.
  const userIds = [...users, ...data.map(({ account }) => account)]
  const send = async (site: typeof both.site) => await site.api<{ id: string }>('POST', '/v1/notifications', { body: { audience: { userIds }, message: { type: 'note', title: 'Hello', body: 'World' } }, expect: 202 })
  const message = await send(both.site)
  const killed = await sql.begin(async (tx) => {
    await tx`lock table endpoints in share mode`
    const first = rotate()
    await until(async () => (await counts()).old === 0)
    return await first.kill()
  })
  t.equal(killed.signal, 'SIGKILL')
  t.match(await ended(both.site, message.id), { sent: 2 * people, failed: 0 }, 'deliveries and refreshes went on')
  const second = rotate()
  t.equal((await second.exited).code, 0, second.output())
  t.same(second.stdout, ['1 value encrypted with the key new', 'No value needs another key.'])
  t.match(second.stderr, ['Encrypted 1 of 1 values with the first key (100 %)'])
  const allowed = rotate('--check', 'old')
  t.equal((await allowed.exited).code, 0, allowed.output())
  await both.stop()

  const vault = createVault(parseVaultKeys(newKey))
  const rows = await sql<Array<{ id: string, credentials: string }>>`select id, credentials from grants`
  t.equal(rows.filter(({ id, credentials }) => vault.open(credentials, sealContext('grants.credentials', id)).includes('accessToken')).length, 2 * people)
  const after = await start(newKey, 'api', 'worker')
  t.match(await ended(after.site, (await send(after.site)).id), { sent: 2 * people, failed: 0 }, 'with the new key alone')
  await after.stop()
  const without = spawnApp(t, 'worker', { env: { ...shared, CARILLON_KEYS: oldKey } })
  t.equal((await without.exited).code, 1)
  t.match(without.output(), new RegExp(`CARILLON_KEYS lacks the key new, which encrypted ${2 * people + 1} stored values`))
})
