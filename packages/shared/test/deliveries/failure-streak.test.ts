import { ProviderError } from '@carillon/http'
import type { LastingFailure } from '@carillon/http'
import t from 'tap'
import { endLasting } from '../../src/deliveries/failure-streak.ts'
import type { FailureStreak } from '../../src/deliveries/failure-streak.ts'
import { errorOutcome } from '../../src/deliveries/outcome.ts'

const refused: LastingFailure = { rule: 'refused', kind: 'unauthorized', reason: 'three times', times: 3, ms: 100 }
const unreachable: LastingFailure = { rule: 'unreachable', kind: 'unauthorized', reason: 'for a day', times: 2, ms: 1_000 }
const missing: LastingFailure = { rule: 'missing', kind: 'gone', reason: 'for three days', times: 1, ms: 3_000 }
const failing = (lasting: LastingFailure) => new ProviderError({ kind: 'transient', reason: 'now', lasting }, 'a.example', 401)

t.test('ends what failed often enough in a row and for long enough, by one rule', async (t) => {
  const table: Array<[LastingFailure, FailureStreak | null, string]> = [
    [refused, null, 'transient'],
    [refused, { rule: 'refused', times: 1, ms: 1e9 }, 'transient'],
    [refused, { rule: 'refused', times: 99, ms: 99 }, 'transient'],
    [refused, { rule: 'refused', times: 2, ms: 100 }, 'unauthorized'],
    [refused, { rule: 'missing', times: 9, ms: 1e9 }, 'transient'],
    [refused, { rule: null, times: 9, ms: 1e9 }, 'transient'],
    [unreachable, { rule: 'refused', times: 9, ms: 1e9 }, 'transient'],
    [unreachable, { rule: 'unreachable', times: 1, ms: 1_000 }, 'unauthorized'],
    [missing, null, 'transient'],
    [missing, { rule: 'missing', times: 99, ms: 2_999 }, 'transient'],
    [missing, { rule: 'missing', times: 1, ms: 3_000 }, 'gone'],
    [missing, { rule: 'refused', times: 9, ms: 1e9 }, 'transient']
  ]
  for (const [lasting, streak, kind] of table) {
    const error = endLasting(failing(lasting), streak)
    const isOver = kind !== 'transient'
    t.match(error, { failure: { kind, reason: isOver ? lasting.reason : 'now' }, host: 'a.example', status: 401 }, JSON.stringify([lasting, streak]))
    t.match(errorOutcome(error, 0, Date.now(), 1), isOver ? { streak: null, refusal: { status: String } } : { streak: lasting.rule, refusal: null, state: 'retrying' })
  }
})

t.test('ends what the provider refuses for one connection by failing the message, and leaves the connection alone', async (t) => {
  const foreign: LastingFailure = { rule: 'otherKey', kind: 'rejected', reason: 'for three days', times: 3, ms: 3_000 }
  const error = new ProviderError({ kind: 'misconfigured', reason: 'now', scope: 'connection', lasting: foreign }, 'a.example', 401)
  const outcomeAfter = (streak: FailureStreak | null) => errorOutcome(endLasting(error, streak), 0, Date.now(), 1)
  for (const streak of [null, { rule: 'otherKey', times: 99, ms: 2_999 }, { rule: 'otherKey', times: 1, ms: 1e9 }]) {
    t.match(outcomeAfter(streak), { state: 'retrying', attempted: false, reason: 'misconfigured', streak: 'otherKey' })
  }
  t.match(outcomeAfter({ rule: 'otherKey', times: 2, ms: 3_000 }), { state: 'failed', reason: 'for three days', streak: null, refusal: null })
})

t.test('leaves other errors alone', async (t) => {
  for (const error of [new Error('bug'), new ProviderError({ kind: 'transient', reason: 'r' }, 'a.example'), new ProviderError({ kind: 'rejected', reason: 'r' }, 'a.example')]) {
    t.equal(endLasting(error, { rule: 'missing', times: 99, ms: 1e9 }), error)
  }
})
