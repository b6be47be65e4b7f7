import t from 'tap'
import { exponentialBackoff, poll, retry } from '../../src/retry/index.ts'

/** A generator can be iterated only once. */
const fast = { [Symbol.iterator]: () => exponentialBackoff(1, 1) }

t.test('calls the work until it succeeds, and reports every error before', async (t) => {
  const failures = [new Error('first'), new Error('second')]
  const reported: unknown[] = []
  const result = await retry(async () => {
    const failure = failures[reported.length]
    if (failure !== undefined) throw failure
    return 'done'
  }, { delaysMs: fast, onError: (error) => reported.push(error) })
  t.equal(result, 'done')
  t.same(reported, failures)
})

t.test('ends the delay when the signal aborts, and rejects with the error of one more attempt', async (t) => {
  const ending = new AbortController()
  let attempts = 0
  const retrying = retry(async () => { throw new Error(`attempt ${++attempts}`) }, {
    delaysMs: [1, 1, 600_000],
    signal: ending.signal,
    onError: () => { if (attempts === 3) ending.abort() }
  })
  await t.rejects(retrying, { message: 'attempt 4' })
})

t.test('stops at a final error, and after the last delay', async (t) => {
  let attempts = 0
  const work = async () => { throw new Error(`attempt ${++attempts}`) }
  await t.rejects(retry(work, { delaysMs: fast, isFinal: () => attempts === 2 }), { message: 'attempt 2' })
  attempts = 0
  await t.rejects(retry(work, { delaysMs: [1, 1] }), { message: 'attempt 3' })
})

t.test('doubles delays up to the maximum', async (t) => {
  const delays = exponentialBackoff(100, 500)
  t.same(Array.from({ length: 5 }, () => delays.next().value), [100, 200, 400, 500, 500])
})

t.test('polls until there is a value, the time is over or the signal aborts', async (t) => {
  let checks = 0
  t.equal(await poll(async () => ++checks === 3 ? 'released' : undefined), 'released')
  t.equal(checks, 3)
  t.equal(await poll(async () => undefined, { timeoutMs: 30 }), undefined)
  const aborted = AbortSignal.abort()
  t.equal(await poll(async () => 'unread', { timeoutMs: 30, signal: aborted }), undefined)
})
