import t from 'tap'
import { findAttention } from '../../src/status/find-attention.ts'
import type { ProviderStatus } from '../../src/status/read-providers.ts'
import type { Status } from '../../src/status/status.ts'

const now = new Date('2026-11-30T10:00:00Z')
const before = (seconds: number): Date => new Date(now.getTime() - seconds * 1_000)
const worker: Status['workers'][number] = {
  id: 'w1', version: '1.2.3', host: 'web1', pid: 17, providers: ['slack'], runningJobs: 0, clockAheadMs: 0, isAlive: true, startedAt: before(600), seenAt: before(3)
}
const slack: ProviderStatus = {
  id: 'slack', name: 'Slack', canSend: true, perSecond: null, hosts: [], hostLimits: [], waiting: { due: 0, later: 0, broadcast: 0, oldestDueAt: null }
}
const own = { host: '', breaker: 'open' as const, reason: 'invalid_auth.', isMisconfigured: false, openedAt: before(90), retryAt: before(-5), silentUntil: null }
const database = { version: '15.8', clockAheadMs: 12, connections: 20, maxConnections: 100, migrations: { applied: 17, missing: [], isNewer: false, isUsable: true } }
const redis = { product: 'Redis' as const, version: '7.0.15', evictionPolicy: 'noeviction', clockAheadMs: -3 }
const healthy: Status = {
  version: '1.2.3',
  now,
  workers: [worker],
  providers: [slack],
  unplanned: { number: 0, oldestAt: null },
  database,
  queue: { kind: 'redis', redis },
  keysToRenew: []
}
const shopKey = {
  id: '01980e4a-7c3b-7f53-9d5e-3c1f2a6b8d95',
  name: 'shop',
  scopes: [],
  createdAt: before(600),
  expiresAt: before(-60),
  revokedAt: null,
  rotatedAt: null,
  earlierSecretsUntil: null,
  lastUsedAt: null,
  lastUsedFrom: null,
  version: 0
}
const waiting = { due: 12, later: 0, broadcast: 30, oldestDueAt: before(300) }
const late = before(300).toISOString()

type Found = [severity: string, subject: string, explanation: string]

const cases: Array<[name: string, change: Partial<Status>, expected: Found[]]> = [
  ['nothing', {}, []],
  ['jobs in PostgreSQL', { queue: { kind: 'postgres', redis: undefined } }, []],
  ['API keys that expire soon or have expired', { keysToRenew: [shopKey, { ...shopKey, expiresAt: before(60) }] }, [
    ['warning', 'keys', `The API key shop (key_${shopKey.id}) expires at ${before(-60).toISOString()}.`],
    ['warning', 'keys', `The API key shop (key_${shopKey.id}) expired at ${before(60).toISOString()}, and was used until then.`]
  ]],
  ['no worker', { workers: [] }, [['error', 'workers', 'No worker is running, so nothing is sent.']]],
  ['a worker that was lost, and no other', { workers: [{ ...worker, isAlive: false }] }, [
    ['error', 'workers', `No worker is running, so nothing is sent. The last one, web1 (process 17), was last seen at ${before(3).toISOString()}.`]
  ]],
  ['a worker that was lost, and another one', { workers: [worker, { ...worker, host: 'web2', isAlive: false }] }, [
    ['warning', 'workers', `The worker web2 (process 17) was last seen at ${before(3).toISOString()}, and ended without shutting down.`]
  ]],
  ['a worker of another version', { workers: [{ ...worker, version: '1.2.2' }] }, [['warning', 'workers', 'The worker web1 (process 17) runs version 1.2.2, and the API 1.2.3.']]],
  ['a wrong clock of a worker', { workers: [{ ...worker, clockAheadMs: -61_000 }] }, [['warning', 'workers', 'The clock of the worker web1 (process 17) is 61 s behind the clock of PostgreSQL.']]],
  ['a provider that no worker knows', { workers: [{ ...worker, providers: ['email'] }] }, [['error', 'slack', 'No worker sends through Slack, although the API offers it.']]],
  ['a wrong secret', { providers: [{ ...slack, hosts: [{ ...own, isMisconfigured: true }], waiting }] }, [
    ['error', 'slack', `Slack has refused this deployment since ${before(90).toISOString()}. The reason is: invalid_auth. 42 deliveries wait.`]
  ]],
  ['a provider that is away', { providers: [{ ...slack, hosts: [own] }] }, [
    ['warning', 'slack', `Slack has been failing since ${before(90).toISOString()}. The reason is: invalid_auth. 0 deliveries wait.`]
  ]],
  ['a rate limit', { providers: [{ ...slack, hosts: [{ ...own, breaker: 'closed', silentUntil: before(-60) }], waiting }] }, []],
  ['deliveries that wait although nothing is wrong', { providers: [{ ...slack, waiting }] }, [
    ['warning', 'slack', `42 deliveries wait, and the oldest of them has been due since ${late}.`]
  ]],
  ['deliveries that have just become due', { providers: [{ ...slack, waiting: { ...waiting, oldestDueAt: before(5) } }] }, []],
  ['a broadcast that is not planned', { unplanned: { number: 1, oldestAt: before(300) } }, [['warning', 'workers', `One broadcast is due and not planned yet, the oldest since ${late}.`]]],
  ['missing migrations', { database: { ...database, migrations: { applied: 15, missing: ['0015_a', '0016_b'], isNewer: false, isUsable: true } } }, [
    ['error', 'database', 'The database lacks 2 migrations, beginning with 0015_a.']
  ]],
  ['newer tables', { database: { ...database, migrations: { applied: 18, missing: [], isNewer: true, isUsable: false } } }, [
    ['error', 'database', 'The tables are those of a newer Carillon, and this version cannot use them.']
  ]],
  ['newer tables that only have additions', { database: { ...database, migrations: { applied: 18, missing: [], isNewer: true, isUsable: true } } }, [
    ['warning', 'database', 'The tables are those of a newer Carillon, and this version can use them.']
  ]],
  ['too many connections', { database: { ...database, connections: 95 } }, [['warning', 'database', 'PostgreSQL has 95 connections, and allows 100.']]],
  ['a wrong clock', { database: { ...database, clockAheadMs: 60_000 } }, [['warning', 'database', 'The clock of the API is 60 s ahead of the clock of PostgreSQL.']]],
  ['a Redis that may drop jobs', { queue: { kind: 'redis', redis: { ...redis, evictionPolicy: 'allkeys-lru' } } }, [
    ['error', 'queue', 'Redis has the maxmemory-policy allkeys-lru, and may drop jobs when it is full.']
  ]],
  ['a Redis that is away', { queue: { kind: 'redis', redis: null } }, [['error', 'queue', 'Redis does not respond. Notifications are accepted, and wait.']]],
  ['a wrong clock of Redis', { queue: { kind: 'redis', redis: { ...redis, clockAheadMs: -9_000 } } }, [['warning', 'queue', 'The clock of the API is 9 s behind the clock of Redis.']]]
]

for (const [name, change, expected] of cases) {
  const found = findAttention({ ...healthy, ...change })
  t.same(found.map(({ severity, subject, explanation }) => [severity, subject, explanation]), expected, `finds ${name}`)
  t.ok(found.every(({ nextStep }) => /^[A-Z].*\.$/.test(nextStep)), 'says what to do')
}

t.same(findAttention({ ...healthy, providers: [{ ...slack, hosts: [own] }], workers: [] }).map(({ severity }) => severity), ['error', 'warning'], 'errors come first')
