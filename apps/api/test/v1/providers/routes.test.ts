import { newId } from '@carillon/shared/db'
import { recordHeartbeat } from '@carillon/shared/workers'
import type { HostLimit } from '@carillon/shared/workers'
import t from 'tap'
import { openTestApi } from '../../open-api.ts'
import { connectUsers, noteTo, planBroadcast } from '../seed.ts'

const api = await openTestApi(t, { offer: ['pushbullet', 'pumpio'], change: () => ({ perSecond: new Map([['pushbullet', 50]]) }) })
const token = await api.makeKey()
const ask = async () => (await api.ask('GET', '/v1/providers', { token })).body
const closed = { host: null, state: 'closed', reason: null, misconfigured: false, openedAt: null, retryAt: null, silentUntil: null }

t.test('lists healthy providers', async (t) => {
  t.same(await ask(), {
    data: [{
      provider: 'pushbullet',
      name: 'Pushbullet',
      canSend: true,
      breakers: [closed],
      limits: { perSecond: 50, silentUntil: null },
      concurrency: [],
      waiting: { due: 0, later: 0, broadcast: 0, oldestDueAt: null }
    }, {
      provider: 'pumpio',
      name: 'pump.io',
      canSend: true,
      breakers: [closed],
      limits: { perSecond: null, silentUntil: null },
      concurrency: [],
      waiting: { due: 0, later: 0, broadcast: 0, oldestDueAt: null }
    }]
  })
})

t.test('reports the problems of a provider, and of a user-chosen host', async (t) => {
  const [opened, retry, silent, past] = ['2026-01-01T10:00:00.000Z', '2100-01-01T10:00:00.000Z', '2100-01-01T11:00:00.000Z', '2026-01-01T11:00:00.000Z']
  await api.database.sql`
    insert into provider_hosts (provider, host, breaker, reason, opens, opened_at, retry_at, silent_until) values
      ('pushbullet', '', 'open', 'answers 503', 1, ${opened}, ${retry}, ${silent}),
      ('pumpio', 'ill.example', 'probing', 'no answer', 2, ${opened}, ${retry}, null),
      ('pumpio', 'well.example', 'closed', null, 0, null, null, ${past})`
  const breaker = { openedAt: opened, retryAt: retry }
  t.match(await ask(), {
    data: [{
      breakers: [{ ...breaker, host: null, state: 'open', reason: 'answers 503', silentUntil: silent }],
      limits: { perSecond: 50, silentUntil: silent }
    }, {
      breakers: [closed, { ...breaker, host: 'ill.example', state: 'probing', reason: 'no answer' }], limits: { silentUntil: null }
    }]
  })
})

t.test('adds up the limits of requests in flight of all running workers', async (t) => {
  const report = async (hostLimits: HostLimit[]): Promise<string> => {
    const id = newId()
    await recordHeartbeat(api.database, { id, version: '0.1.0', host: 'web1', pid: 17, providers: [], runningJobs: 0, clockAheadMs: null, hostLimits })
    return id
  }
  const fell = (at: string) => ({ at, reason: 'rateLimited' as const, from: 40, to: 28 })
  const [early, late] = ['2026-01-01T10:00:00.000Z', '2026-01-01T11:00:00.000Z']
  await report([
    { provider: 'pushbullet', host: '', limit: 64, inFlight: 2, waiting: 0, lastFall: null },
    { provider: 'pumpio', host: 'small.example', limit: 5, inFlight: 5, waiting: 7, lastFall: fell(late) }
  ])
  await report([{ provider: 'pumpio', host: 'small.example', limit: 28, inFlight: 1, waiting: 0, lastFall: fell(early) }])
  const crashed = await report([{ provider: 'pumpio', host: 'other.example', limit: 28, inFlight: 1, waiting: 0, lastFall: null }])
  await api.database.sql`update workers set seen_at = now() - interval '1 minute' where id = ${crashed}`
  t.match(await ask(), {
    data: [
      { concurrency: [{ host: null, limit: 64, inFlight: 2, waiting: 0, workers: 1, lastFall: null }] },
      { concurrency: [{ host: 'small.example', limit: 33, inFlight: 6, waiting: 7, workers: 2, lastFall: fell(late) }] }
    ]
  })
})

t.test('counts waiting deliveries', async (t) => {
  await connectUsers(api, ['ann', 'bob', 'cleo'])
  const post = (body: object) => api.ask('POST', '/v1/notifications', { token, body })
  await post(noteTo('ann', 'bob'))
  await post({ ...noteTo('cleo'), sendAt: new Date(Date.now() + 60_000).toISOString() })
  const { body } = await post({ ...noteTo(), audience: { everyone: true } })
  await planBroadcast(api, String(Object(body).id))
  t.match(await ask(), { data: [{ provider: 'pushbullet', waiting: { due: 2, later: 1, broadcast: 3 } }, { waiting: { due: 0, later: 0, broadcast: 0 } }] })
})

t.test('requires the scope to read notifications', async (t) => {
  t.equal((await api.ask('GET', '/v1/providers', { token: await api.makeKey('notifications:write') })).status, 403)
  t.equal((await api.ask('GET', '/v1/providers', { token: await api.makeUser('ann') })).status, 403)
})
