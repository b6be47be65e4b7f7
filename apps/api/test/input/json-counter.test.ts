import t from 'tap'
import { createJsonCounter } from '../../src/input/json-counter.ts'
import type { JsonLimits } from '../../src/input/json-counter.ts'

/** Whether the document passes when it arrives in chunks of this size. */
function passes (json: string, limits: Partial<JsonLimits>, chunkBytes = 1_000_000): boolean {
  const counter = createJsonCounter({ maxValues: 1_000, maxFields: 1_000, ...limits })
  const bytes = Buffer.from(json)
  try {
    for (let at = 0; at < bytes.length; at += chunkBytes) counter.count(bytes.subarray(at, at + chunkBytes))
    return true
  } catch {
    return false
  }
}

const documents: Array<[json: string, values: number, fields: number]> = [
  ['1', 1, 0],
  ['"a,b:[{"', 1, 0],
  ['[]', 1, 0],
  ['[ ]', 1, 0],
  ['[[]]', 2, 0],
  ['[1,"a",null]', 4, 0],
  ['{}', 1, 0],
  ['{"a":1}', 2, 1],
  ['{"a:b":{"c":[1,2,{}]},"d":"e"}', 7, 3],
  ['[{},{},{}]', 4, 0],
  ['{"a\\"b":"\\\\","c":"\\\\\\",:["}', 3, 2],
  [`["${'x'.repeat(200)}\\"${'y'.repeat(200)}","${'z'.repeat(64)}\\\\",2]`, 4, 0]
]

t.test('counts values and fields like JSON.parse, however the text is divided', async (t) => {
  for (const [json, values, fields] of documents) {
    JSON.parse(json)
    for (const chunkBytes of [1, 2, 3, 65, 1_000]) {
      const what = `${json.slice(0, 40)} in pieces of ${chunkBytes}`
      t.ok(passes(json, { maxValues: values, maxFields: fields }, chunkBytes), what)
      t.notOk(passes(json, { maxValues: values - 1 }, chunkBytes), `${what}, one value fewer`)
      if (fields > 0) t.notOk(passes(json, { maxFields: fields - 1 }, chunkBytes), `${what}, one field fewer`)
    }
  }
})

t.test('allows 64 levels', async (t) => {
  t.ok(passes('['.repeat(64) + ']'.repeat(64), {}))
  t.notOk(passes('['.repeat(65) + ']'.repeat(65), {}))
  t.notOk(passes('{"a":'.repeat(65), {}))
})

t.test('stops at the limit, and does not read the rest', async (t) => {
  const { count } = createJsonCounter({ maxValues: 100, maxFields: 100 })
  const bytes = Buffer.from(`[${'{},'.repeat(1_000)}`)
  let last = 0
  const watched = new Proxy(bytes, {
    get: (target, name) => {
      if (typeof name === 'string' && /^\d+$/.test(name)) last = Number(name)
      return Reflect.get(target, name, target)
    }
  })
  t.throws(() => count(watched), { code: 'invalidInput', errors: [{ path: '', message: 'has more than 100 values, which is the limit of this call' }] })
  t.ok(last < 400, `it has read ${last} of ${bytes.length} bytes`)
})
