import t from 'tap'
import { findUnstorable } from '../../src/input/find-unstorable.ts'

t.test('returns the path of a value that PostgreSQL cannot store', async (t) => {
  t.equal(findUnstorable({ a: ['x', { b: '\u{1f514}' }], c: null, d: 1, e: true }), undefined)
  t.equal(findUnstorable(undefined), undefined)
  const cases: Array<[value: unknown, path: string, message: RegExp]> = [
    ['a\0b', '', /^holds/],
    [{ a: '\ud800' }, 'a', /^holds/],
    [{ a: ['x', { b: '\udc00x' }] }, 'a.1.b', /^holds/],
    [{ a: [[['\0']]] }, 'a.0.0.0', /^holds/],
    [{ a: { 'x\0': 1 } }, 'a', /^has a field whose name holds/]
  ]
  for (const [value, path, message] of cases) t.match(findUnstorable(value), [{ path, message }], JSON.stringify(value))
})
