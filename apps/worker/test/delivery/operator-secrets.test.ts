import { createApiKey } from '@carillon/shared/api-keys'
import { loadDeployment } from '@carillon/shared/config'
import { saveConnections } from '@carillon/shared/connections'
import { scopes } from '@carillon/shared/db'
import { createLog } from '@carillon/shared/log'
import { createRuntime } from '@carillon/shared/runtime'
import { ensureUser } from '@carillon/shared/users'
import { openSandbox } from '@carillon/sandbox'
import { backends, createSite, spawnApp, testKeys, until } from '@carillon/testing'
import type { Site } from '@carillon/testing'
import t from 'tap'
import type { Test } from 'tap'
import { allDefinitions } from '../../../../packages/shared/test/providers/conformance/all-definitions.ts'
import { readTraits } from '../../../../packages/shared/test/providers/conformance/read-traits.ts'
import type { SecretTraits } from '../../../../packages/shared/test/providers/conformance/traits.ts'

interface OperatorSecret extends SecretTraits {
  provider: string
  variable: string
}

/** The response of `GET /v1/providers`. */
interface Providers {
  data: Array<{ provider: string, breakers: Breaker[] }>
}

interface Breaker {
  host: string | null
  state: string
  misconfigured: boolean
  reason: string | null
}

const peoplePerProvider = 10
const all = await Promise.all(allDefinitions.map(async ({ id, variables }) => {
  const { secrets = {} } = await readTraits(id)
  return { id, variables, secrets }
}))

t.test('the traits of a provider describe all its secrets', async (t) => {
  for (const { id, variables, secrets } of all) {
    const secretVariables = Object.keys(variables).filter((name) => variables[name]?.secret === true)
    t.same(Object.keys(secrets).sort(), secretVariables.sort(), id)
  }
})

const testable = all.map(({ id, secrets }) => Object.entries(secrets).flatMap(([variable, traits]): OperatorSecret[] =>
  typeof traits === 'string' ? [] : [{ ...traits, provider: id, variable }]))
const rounds = Math.max(...testable.map((secrets) => secrets.length))

// One round for all providers together, and another one for those with a second secret.
for (let round = 0; round < rounds; round++) {
  const secrets = testable.flatMap((ofProvider) => ofProvider.slice(round, round + 1))
  const names = secrets.map(({ variable }) => variable).join(', ')
  t.test(`a wrong secret pauses its provider, and a worker with the right one delivers everything: ${names}`, async (t) => {
    const { site, database, env, connect, startWorker } = await openDeployment(t, secrets)
    const connected = new Map<string, string[]>()
    for (const { provider, isForRefresh } of secrets) {
      connected.set(provider, await connect(provider))
      if (isForRefresh === true) await site.control('POST', '/tokens/expire', { provider })
    }
    const spoiled = secrets.map(({ variable, spoil = () => 'wrong-secret' }) => [variable, spoil(env[variable] ?? '')])
    for (const [variable = '', value] of spoiled) t.not(value, env[variable], `${variable} is wrong now`)

    const worker = await startWorker(Object.fromEntries(spoiled))
    const notifications = new Map<string, string>()
    for (const [provider, users] of connected) notifications.set(provider, await site.notify(users, 'Hello'))
    // The second time shows that a probe with the wrong secret blames no connection either.
    await until(async () => {
      const paused = await database.sql<Array<{ provider: string }>>`
        select provider from provider_hosts where host = '' and is_misconfigured and opens >= 2`
      return secrets.every(({ provider }) => paused.some((row) => row.provider === provider))
    }, { what: 'all providers to be paused twice' })

    const { data } = await site.api<Providers>('GET', '/v1/providers')
    for (const { provider, reason } of secrets) {
      const breaker = data.find((each) => each.provider === provider)?.breakers.find(({ host }) => host === null)
      t.match(breaker, { misconfigured: true, reason }, `GET /v1/providers says what to fix for ${provider}`)
      const lines = worker.stdout.filter((line) => line.includes('refuses this deployment') && line.includes(`"provider":"${provider}"`))
      t.ok(lines.length > 0 && lines.every((line) => reason.test(JSON.parse(line).reason)), `so does the log: ${lines[0]}`)
    }
    t.same(await database.sql`select distinct status from connections`, [{ status: 'active' }], 'no connection is marked')
    t.same(await database.sql`select distinct status from grants`, [{ status: 'active' }])
    t.same(await database.sql`select distinct attempts, state = any('{queued,retrying,sending}') as waits from deliveries`,
      [{ attempts: 0, waits: true }], 'no attempt is used')
    for (const [, value] of spoiled) t.notOk(worker.output().includes(String(value)), 'not even the wrong secret is logged')

    t.match(await worker.stop(), { code: 0 })
    await startWorker()
    for (const [provider, id] of notifications) {
      await until(async () => {
        const { data } = await site.api<{ data: Array<{ state: string, explanation: string }> }>('GET', `/v1/notifications/${id}/deliveries`)
        const unsent = data.find(({ state }) => state !== 'sent')
        if (unsent !== undefined) throw new Error(unsent.explanation)
        return data.length === peoplePerProvider
      }, { what: `all messages to ${provider}` })
      const texts = (await site.inbox('', provider)).map(({ item }) => JSON.stringify(item)).filter((text) => text.includes('Hello'))
      t.ok(texts.length >= peoplePerProvider, `${provider} received them`)
    }
    await until(async () => (await site.api<Providers>('GET', '/v1/providers')).data.every(({ breakers }) =>
      breakers.every(({ misconfigured, state }) => !misconfigured && state === 'closed')), { what: 'all providers to work again' })
  })
}

/** A sandbox, an API with the right secrets, and connections to the sandbox's accounts. */
async function openDeployment (t: Test, secrets: OperatorSecret[]) {
  const [postgres] = await backends()
  if (postgres === undefined) throw new Error('PostgreSQL is always there')
  const sandbox = await openSandbox({ port: 0 })
  t.teardown(() => sandbox.close())
  const toSandbox = createSite({ apiUrl: '', sandboxUrl: sandbox.url, operatorKey: '' })
  const env: Record<string, string> = {
    ...await postgres.open(t), ...sandbox.environment(), CARILLON_KEYS: testKeys(), PORT: '0', RECONCILE_SECONDS: '1'
  }
  for (const { provider, environment } of secrets) {
    Object.assign(env, await environment?.(sandbox.urlOf(provider), (path, body) => toSandbox.control('POST', path, body)))
  }
  const { config, definitions } = loadDeployment(env, ['DATABASE_URL', 'CARILLON_KEYS'])
  const log = createLog({ name: 'test', level: 'error' })
  const { database, vault, providers, close } = createRuntime(config, { log, maxConnections: 2, definitions })
  t.teardown(close)
  const api = spawnApp(t, 'api', { env })
  const { url: apiUrl } = await api.ready
  const { key: operatorKey } = await createApiKey(database, { name: 'test', scopes: [...scopes] })
  const site: Site = createSite({ apiUrl, sandboxUrl: sandbox.url, operatorKey })
  return { site, database, env, connect, startWorker }

  /** Returns the ids of the connected users. */
  async function connect (provider: string): Promise<string[]> {
    const { data } = await site.control<{ data: Array<{ account: string }> }>('POST', '/accounts', { provider, count: peoplePerProvider })
    const connections = await Promise.all(data.map(async (granted) => {
      const { id: userId } = await ensureUser(database, { externalId: `${provider}-${granted.account}` })
      const credentials = providers.get(provider)?.parseCredentials(granted)
      if (credentials === undefined) throw new Error(`${provider} is not offered`)
      return { userId, provider, grant: { credentials, account: { id: granted.account, name: granted.account } } }
    }))
    await saveConnections(database, vault, connections)
    return data.map(({ account }) => `${provider}-${account}`)
  }

  async function startWorker (changes: Record<string, string> = {}) {
    const worker = spawnApp(t, 'worker', { env: { ...env, ...changes } })
    await worker.ready
    return worker
  }
}
