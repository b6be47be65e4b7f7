import { readFile } from 'node:fs/promises'
import { ProviderError } from '../../src/providers/index.ts'
import type { Failure } from '@carillon/http'
import { VaultError } from '../../src/vault/index.ts'
import t from 'tap'
import { errorOutcome, handedBack, sentOutcome, waitOutcome } from '../../src/deliveries/outcome.ts'

const now = Date.parse('2026-01-01T00:00:00.250Z')
const of = (failure: Failure, attemptsBefore = 0, status?: number) =>
  errorOutcome(new ProviderError(failure, 'api.example', status), attemptsBefore, now, 12)

t.test('has the right outcome for each failure', async (t) => {
  const table: Array<[Failure, object]> = [
    [{ kind: 'transient', reason: 'r' }, { state: 'retrying', attempted: true, reason: 'r', event: { outcome: 'transient' } }],
    [{ kind: 'malformed', reason: 'r' }, { state: 'retrying', attempted: true, reason: 'r', event: { outcome: 'malformed' } }],
    [{ kind: 'rateLimited', reason: 'r', retryAt: now + 5_000 }, {
      state: 'retrying', attempted: false, reason: 'rateLimited', limitedUntil: now + 5_000, event: { event: 'wait', durationMs: 12 }
    }],
    [{ kind: 'rateLimited', reason: 'r', retryAt: now + 5_000, scope: 'host' }, {
      state: 'retrying', attempted: false, reason: 'rateLimited', limitedUntil: null, event: { event: 'wait' }
    }],
    [{ kind: 'unauthorized', reason: 'r' }, { state: 'parked', attempted: true, refusal: { status: 'needsReauth' }, event: { outcome: 'unauthorized' } }],
    [{ kind: 'missingPermission', reason: 'r', missing: ['chat:write'] }, {
      state: 'parked', attempted: true, refusal: { status: 'needsReauth', missing: ['chat:write'] }, event: { outcome: 'missingPermission' }
    }],
    [{ kind: 'gone', reason: 'r' }, { state: 'failed', attempted: true, reason: 'r', refusal: { status: 'revoked' }, event: { outcome: 'gone' } }],
    [{ kind: 'misconfigured', reason: 'r' }, {
      state: 'retrying', attempted: false, reason: 'misconfigured', dueAt: Math.ceil((now + 5_000) / 1000) * 1000, event: { event: 'wait' }
    }],
    [{ kind: 'misconfigured', reason: 'r', scope: 'connection' }, {
      state: 'retrying', attempted: false, limitedUntil: null, dueAt: Math.ceil((now + 300_000) / 1000) * 1000, event: { event: 'wait' }
    }],
    [{ kind: 'transient', reason: 'r', mayHaveArrived: true }, { state: 'unknown', attempted: true, event: { outcome: 'transient' } }],
    [{ kind: 'transient', reason: 'r', notStarted: true }, { state: 'retrying', attempted: false, reason: 'handedBack', dueAt: null }],
    [{ kind: 'transient', reason: 'r', notBefore: 1e22 }, { state: 'retrying', dueAt: Math.ceil((now + 86_400_000) / 1000) * 1000 }],
    [{ kind: 'transient', reason: 'r', notBefore: now + 300_000 }, { state: 'retrying', attempted: true, dueAt: Math.ceil((now + 300_000) / 1000) * 1000 }],
    [{ kind: 'rateLimited', reason: 'r', retryAt: now + 5_000, scope: 'app' }, { state: 'retrying', attempted: false, limitedUntil: null }],
    [{ kind: 'rejected', reason: 'r' }, { state: 'failed', attempted: true, event: { outcome: 'rejected' } }],
    [{ kind: 'quota', reason: 'r' }, { state: 'failed', attempted: true, event: { outcome: 'quota' } }]
  ]
  for (const [failure, outcome] of table) t.match(of(failure), outcome, failure.kind)
})

t.test('fails after the last attempt, and states that', async (t) => {
  t.match(of({ kind: 'transient', reason: 'r' }, 10), { state: 'retrying' })
  t.match(of({ kind: 'transient', reason: 'r' }, 11, 503), {
    state: 'failed', reason: 'r', dueAt: null, event: { outcome: 'gaveUp', status: 503 }
  })
})

t.test('rounds due times, so deliveries of one second share a job', async (t) => {
  t.equal(of({ kind: 'rateLimited', reason: 'r', retryAt: now + 1 }).dueAt, Date.parse('2026-01-01T00:00:01Z'))
  const at = (ms: number): number | null => waitOutcome(ms, 'rateLimited').dueAt
  t.same([1_000, 1_001, 1_999, 2_000].map(at), [1_000, 2_000, 2_000, 2_000], 'it rounds up, so no delivery is early')
  t.equal((of({ kind: 'transient', reason: 'r' }, 4).dueAt ?? 0) % 1000, 0)
})

t.test('reports internal errors by class and code, never by their messages', async (t) => {
  t.match(errorOutcome(new VaultError('unknownKey', 'k1'), 0, now, 0), {
    state: 'retrying', reason: 'VaultError unknownKey', event: { outcome: 'internal' }
  })
  const told = await readFile(new URL('../../../../docs/operations.md', import.meta.url), 'utf8')
  t.match(told, '`VaultError unknownKey`', 'as the documentation shows')
  t.match(errorOutcome(new Error('a secret'), 0, now, 0), { reason: 'Error' })
  t.match(errorOutcome(new DOMException('a secret', 'AbortError'), 0, now, 0), { reason: /^AbortError$/ }, 'a numeric code does not come from Node.js')
  t.match(errorOutcome('a secret', 0, now, 0), { reason: 'internal error' })
})

t.test('uses up no attempt when nothing was sent', async (t) => {
  t.match(handedBack(), { state: 'retrying', attempted: false, dueAt: null, event: { event: 'handedBack' } })
  for (const reason of ['rateLimited', 'breakerOpen'] as const) {
    t.match(waitOutcome(now + 1_000, reason), { state: 'retrying', attempted: false, reason, event: { event: 'wait', reason, until: String } })
  }
  t.match(sentOutcome({ id: 'x' }, 7), { state: 'sent', attempted: true, receipt: { id: 'x' }, event: { durationMs: 7 } })
})

t.test('stores a receipt that PostgreSQL accepts', async (t) => {
  t.same(sentOutcome({ id: 'a\0b' }, 7).receipt, { id: 'ab' })
})
