import t from 'tap'
import { retryDelayMs } from '../../src/api/retry-delay.ts'

const now = () => Date.parse('2026-12-24T18:00:00Z')
const response = (status: number, retryAfter?: string) => ({
  status, headers: new Headers(retryAfter === undefined ? {} : { 'retry-after': retryAfter })
})
const delay = (given: ReturnType<typeof response> | undefined, attempt = 0, random = 0) =>
  retryDelayMs(given, attempt, { now, random: () => random })

t.test('repeats what may pass, and nothing else', async (t) => {
  for (const status of [408, 429, 500, 502, 503, 504]) t.type(delay(response(status)), 'number', `${status}`)
  for (const status of [200, 204, 400, 401, 403, 404, 409, 413, 422, 501]) t.equal(delay(response(status)), undefined, `${status}`)
  t.equal(delay(response(409, '1')), 1_000, 'another request with the key is being handled')
  t.type(delay(undefined), 'number', 'no response')
})

t.test('waits as long as Retry-After says, in seconds or until a date', async (t) => {
  t.equal(delay(response(503, '7')), 7_000)
  t.equal(delay(response(429, 'Thu, 24 Dec 2026 18:00:30 GMT')), 30_000)
  t.equal(delay(response(429, 'Thu, 24 Dec 2026 17:00:00 GMT')), 0)
  t.equal(delay(response(429, '7'), 0, 1), 7_500, 'and a little longer, so that clients do not return together')
  t.equal(delay(response(429, '61')), undefined, 'a longer wait is left to the caller')
  t.equal(delay(response(429, 'soon')), 250, 'something else is ignored')
})

t.test('otherwise waits longer after each attempt, and never longer than ten seconds', async (t) => {
  t.same([0, 1, 2, 3].map((attempt) => delay(undefined, attempt, 1)), [500, 1_000, 2_000, 4_000])
  t.same([0, 1, 2, 3].map((attempt) => delay(undefined, attempt, 0)), [250, 500, 1_000, 2_000])
  t.equal(delay(undefined, 30, 1), 10_000)
})
