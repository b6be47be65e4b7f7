import { test } from 'tap'
import { isObject, isText, parseJson, parseJsonObject } from '../../src/formats/json.ts'

test('parses a body with and without a byte order mark', async (t) => {
  t.same(parseJson(Buffer.from('{"a":1}')), { a: 1 })
  t.same(parseJson(Buffer.from('\ufeff{"a":1}')), { a: 1 })
  t.same(parseJson('\ufeff[1]'), [1])
  t.equal(parseJson('null'), null)
})

test('gives undefined for a body that is not JSON', async (t) => {
  for (const body of ['', '<html>', '{"a":', 'undefined']) t.equal(parseJson(Buffer.from(body)), undefined, body)
})

test('parses only objects as an object', async (t) => {
  t.same(parseJsonObject('{"a":1}'), { a: 1 })
  for (const body of ['[]', 'null', '"text"', '1', '']) t.equal(parseJsonObject(body), undefined, body)
})

test('tells objects and texts from other values', async (t) => {
  t.ok(isObject({}))
  for (const value of [null, [], 'text', undefined]) t.notOk(isObject(value))
  t.ok(isText('a'))
  for (const value of ['', 1, null, undefined]) t.notOk(isText(value))
})
