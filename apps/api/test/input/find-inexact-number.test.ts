import t from 'tap'
import { findInexactNumber } from '../../src/input/find-inexact-number.ts'

t.test('finds a number that a double cannot represent, and its position', async (t) => {
  const rows: Array<[string, string | undefined]> = [
    ['{"data":{"order":9007199254740993}}', 'data.order'],
    ['{"data":{"order":9007199254740992}}', undefined],
    ['{"a":[1,{"b":[0,1,1e400]}]}', 'a.1.b.2'],
    ['[1.5, -1e-400]', '1'],
    ['12345678901234567891', ''],
    ['{"a": 123456789012345680000}', undefined],
    ['{"a": 1.50, "b": 1e2, "c": 100000000000000000000000000000.00, "d": -0, "e": 0.000e-999}', undefined],
    ['{"a":0.1000000000000000055511151231257827}', 'a'],
    ['{"a":3.141592653589793}', undefined],
    ['{"a":{"b":1},"c":[{},[]],"d":-12345678901234567.5}', 'd'],
    ['{"text":": 9007199254740993","\\"[,1e400":"\\\\","n":1E400}', 'n'],
    ['{"a\\"b":{"":1e999}}', 'a"b.'],
    ['"9007199254740993"', undefined]
  ]
  for (const [json, path] of rows) t.equal(findInexactNumber(json), path, json)
})

t.test('finds an integer exactly when it is not the nearest double', async (t) => {
  let checked = 0
  for (let integer = 1n; integer < 2n ** 80n; integer = integer * 5n / 3n + 1n) {
    for (const near of [integer - 1n, integer, -integer]) {
      // BigInt(Number(…)) is the double's exact value. JavaScript may print another number that parses to the same double.
      const written = JSON.stringify(Number(near))
      const isKept = BigInt(near) === exactInteger(written)
      t.equal(findInexactNumber(`{"a":[${near}]}`), isKept ? undefined : 'a.0', String(near))
      checked++
    }
  }
  t.ok(checked > 300)
})

t.test('finds none in the output of JSON.stringify', async (t) => {
  for (let value = 5e-324; value < 1e308; value *= 7.3) {
    t.equal(findInexactNumber(JSON.stringify({ value, list: [-value, value / 3] })), undefined)
  }
})

/** The integer in a text such as `1.5e+22` or `17`. */
function exactInteger (text: string): bigint {
  const [, digits = '', fraction = '', exponent = '0'] = /^(-?\d+)(?:\.(\d+))?(?:e\+(\d+))?$/.exec(text) ?? []
  return BigInt(`${digits}${fraction}`) * 10n ** BigInt(Number(exponent) - fraction.length)
}
