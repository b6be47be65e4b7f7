import t from 'tap'
import { chooseRetryAt, parseEpochSeconds, parseRetryAfter } from '../../src/responses/retry-after.ts'

const now = Date.UTC(2026, 10, 21, 12, 0, 0)

t.test('parses Retry-After according to RFC 9110 §10.2.3', async (t) => {
  const cases: Array<[string | undefined, number | undefined]> = [
    ['120', now + 120_000],
    ['0', now],
    [' 7 ', now + 7_000],
    ['Sat, 21 Nov 2026 12:01:00 GMT', now + 60_000],
    ['Saturday, 21-Nov-26 12:01:00 GMT', now + 60_000],
    ['Sat Nov 21 12:01:00 2026', now + 60_000],
    ['Sun Nov  6 08:49:37 1994', Date.UTC(1994, 10, 6, 8, 49, 37)],
    ['Sunday, 06-Nov-94 08:49:37 GMT', Date.UTC(1994, 10, 6, 8, 49, 37)],
    [undefined, undefined],
    ['', undefined],
    ['-5', undefined],
    ['1.5', undefined],
    ['soon', undefined],
    ['2026-11-21T12:01:00Z', undefined],
    ['Sat, 99 Nov 2026 12:01:00 GMT', undefined]
  ]
  for (const [value, expected] of cases) t.equal(parseRetryAfter(value, now), expected, String(value))
})

t.test('parses a date without a zone as UTC in any time zone', async (t) => {
  const zone = process.env.TZ
  t.teardown(() => { if (zone === undefined) delete process.env.TZ; else process.env.TZ = zone })
  process.env.TZ = 'Asia/Tokyo'
  t.equal(parseRetryAfter('Sat Nov 21 12:01:00 2026', now), now + 60_000)
})

t.test('parses seconds since the epoch', async (t) => {
  t.equal(parseEpochSeconds('1412047948'), 1_412_047_948_000)
  t.equal(parseEpochSeconds('1412047948.5'), 1_412_047_948_500)
  for (const value of [undefined, '', '-1', 'NaN', 'Infinity', '1e9', '0x10']) t.equal(parseEpochSeconds(value), undefined, String(value))
})

t.test('chooses the first given time in the future', async (t) => {
  t.equal(chooseRetryAt([now + 5_000, now + 9_000], now), now + 5_000)
  t.equal(chooseRetryAt([undefined, now + 9_000], now), now + 9_000)
  t.equal(chooseRetryAt([now - 5_000, now + 9_000], now), now + 9_000)
})

t.test('waits for the default time when no given time is in the future', async (t) => {
  for (const candidates of [[], [undefined], [now], [now - 1], [0]]) {
    t.equal(chooseRetryAt(candidates, now, { absentMs: 20_000 }), now + 20_000)
  }
})

t.test('keeps the wait within its limits', async (t) => {
  t.equal(chooseRetryAt([now + 1], now), now + 1_000, 'not a hot loop')
  t.equal(chooseRetryAt([now + 366 * 24 * 3_600_000], now), now + 3_600_000, 'not parked for a year')
  t.equal(chooseRetryAt([Infinity], now), now + 3_600_000)
  t.equal(chooseRetryAt([parseRetryAfter('9'.repeat(400), now)], now), now + 3_600_000)
})
