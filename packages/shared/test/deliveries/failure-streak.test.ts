import { ProviderError } from '@carillon/http'
import type { LastingFailure } from '@carillon/http'
import t from 'tap'
import { endLasting } from '../../src/deliveries/failure-streak.ts'
import type { FailureStreak } from '../../src/deliveries/failure-streak.ts'
import { errorOutcome } from '../../src/deliveries/outcome.ts'

const refused: LastingFailure = { kind: 'unauthorized', reason: 'three times', times: 3 }
const missing: LastingFailure = { kind: 'gone', reason: 'for a day', ms: 1_000 }
const failing = (lasting: LastingFailure) => new ProviderError({ kind: 'transient', reason: 'now', lasting }, 'a.example', 401)

t.test('ends what failed often enough in a row, or for long enough', async (t) => {
  const table: Array<[LastingFailure, FailureStreak | null, string]> = [
    [refused, null, 'transient'],
    [refused, { kind: 'unauthorized', times: 1, ms: 1e9 }, 'transient'],
    [refused, { kind: 'unauthorized', times: 2, ms: 0 }, 'unauthorized'],
    [refused, { kind: 'gone', times: 9, ms: 1e9 }, 'transient'],
    [missing, null, 'transient'],
    [missing, { kind: 'gone', times: 99, ms: 999 }, 'transient'],
    [missing, { kind: 'gone', times: 1, ms: 1_000 }, 'gone'],
    [missing, { kind: 'unauthorized', times: 9, ms: 1e9 }, 'transient']
  ]
  for (const [lasting, streak, kind] of table) {
    const error = endLasting(failing(lasting), streak)
    const isOver = kind !== 'transient'
    t.match(error, { failure: { kind, reason: isOver ? lasting.reason : 'now' }, host: 'a.example', status: 401 }, JSON.stringify([lasting, streak]))
    t.match(errorOutcome(error, 0, Date.now(), 1), isOver ? { streak: null, refusal: { status: String } } : { streak: lasting.kind, refusal: null, state: 'retrying' })
  }
})

t.test('leaves other errors alone', async (t) => {
  for (const error of [new Error('bug'), new ProviderError({ kind: 'transient', reason: 'r' }, 'a.example'), new ProviderError({ kind: 'rejected', reason: 'r' }, 'a.example')]) {
    t.equal(endLasting(error, { kind: 'gone', times: 99, ms: 1e9 }), error)
  }
})
