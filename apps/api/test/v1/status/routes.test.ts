import { recordHeartbeat, removeWorker } from '@carillon/shared/workers'
import { newId } from '@carillon/shared/db'
import { backends } from '@carillon/testing'
import t from 'tap'
import { at, openTestApi } from '../../open-api.ts'
import type { TestApi } from '../../open-api.ts'

const heartbeat = { version: '0.1.0', host: 'web1', pid: 17, providers: ['pushbullet'], runningJobs: 2, clockAheadMs: 4, hostLimits: [] }

for (const { kind, skip } of await backends()) {
  t.test(`describes the deployment, with jobs in ${kind}`, { skip }, async (t) => {
    const api = await openTestApi(t, { backend: kind })
    const token = await api.makeKey('notifications:read')
    const id = newId()
    await recordHeartbeat(api.database, { ...heartbeat, id })
    const { status, body } = await api.ask('GET', '/v1/status', { token })
    t.equal(status, 200)
    t.match(body, {
      ok: true,
      attention: [],
      version: '0.1.0',
      workers: [{ host: 'web1', pid: 17, version: '0.1.0', alive: true, runningJobs: 2, providers: ['pushbullet'], clockAheadMs: 4 }],
      providers: [{ provider: 'pushbullet', waiting: { due: 0, later: 0, broadcast: 0, oldestDueAt: null } }],
      broadcasts: { unplanned: 0, oldestAt: null },
      database: { version: /^\d+/, clockAheadMs: Number, connections: Number, migrations: { applied: Number, missing: [], newer: false } },
      queue: kind === 'redis'
        ? { kind, responds: true, product: /^(Redis|Valkey)$/, version: /^\d+\.\d+/, evictionPolicy: 'noeviction', clockAheadMs: Number }
        : { kind, responds: true, product: null, version: null, evictionPolicy: null, clockAheadMs: null }
    })
    await removeWorker(api.database, id)
  })
}

t.test('finds what needs attention', async (t) => {
  const api = await openTestApi(t)
  const token = await api.makeKey('notifications:read')
  const crashed = newId()
  await recordHeartbeat(api.database, { ...heartbeat, id: crashed })
  await api.database.sql`update workers set seen_at = now() - interval '1 minute' where id = ${crashed}`
  await api.database.sql`delete from drizzle.__drizzle_migrations where created_at = (select max(created_at) from drizzle.__drizzle_migrations)`
  await api.database.sql`
    insert into provider_hosts (provider, host, breaker, reason, is_misconfigured, opened_at, retry_at)
    values ('pushbullet', '', 'open', 'the client secret is not accepted', true, now(), now() + interval '1 minute')`
  const { body } = await api.ask('GET', '/v1/status', { token })
  t.match(body, { ok: false, workers: [{ alive: false }], database: { migrations: { missing: [/^\d{4}_\w+$/] } } })
  t.same(await subjects(api, token), ['error workers', 'error pushbullet', 'error database'])
})

t.test('reads the stores at most once a second', async (t) => {
  const api = await openTestApi(t)
  const token = await api.makeKey('notifications:read')
  const before = await api.ask('GET', '/v1/status', { token })
  const answers = await Promise.all(Array.from({ length: 20 }, async () => await api.ask('GET', '/v1/status', { token })))
  const times = new Set([before, ...answers].map(({ body }) => at(body, 'at')))
  t.ok(times.size < 20, `${times.size} readings for 21 requests`)
})

t.test('responds while Redis is away', async (t) => {
  const api = await openTestApi(t, {
    change: () => ({ queueBackend: { kind: 'redis', check: async () => undefined, inspect: async () => { throw new Error('no connection') }, openCounts: () => undefined } })
  })
  const { body } = await api.ask('GET', '/v1/status', { token: await api.makeKey() })
  t.match(body, { queue: { kind: 'redis', responds: false, product: null } })
  t.match(at(body, 'attention'), [{ subject: 'workers' }, { subject: 'queue', explanation: /^Redis does not respond/ }])
})

async function subjects (api: TestApi, token: string): Promise<string[]> {
  const { body } = await api.ask('GET', '/v1/status', { token })
  return Object.values(at(body, 'attention') ?? {}).map((one) => `${String(at(one, 'severity'))} ${String(at(one, 'subject'))}`)
}
