import { Ajv } from 'ajv'
import type { ErrorObject } from 'ajv'
import formats from 'ajv-formats'
import t from 'tap'
import { Type } from 'typebox'
import type { TSchema } from 'typebox'
import { compileSchema } from '../../src/input/compile-schema.ts'
import { exactly } from '../../src/input/fields.ts'
import { notificationBatchBody, notificationBody } from '../../src/v1/notifications/schema.ts'

const ajv = formats.default(new Ajv({ allErrors: true }))
const facts = ({ instancePath, keyword, message, params }: ErrorObject) => ({ instancePath, keyword, message, params })
const byPath = (errors: ErrorObject[]) => errors.map(facts).sort((a, b) => JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)

/** Counts how often the members of a value are read. */
function counted (value: object): { value: object, reads: () => number } {
  let reads = 0
  const wrap = (inner: unknown): unknown => typeof inner !== 'object' || inner === null
    ? inner
    : new Proxy(inner, {
      get: (target, name) => {
        if (typeof name === 'string' && name !== 'length') reads++
        return wrap(Reflect.get(target, name))
      }
    })
  return { value: Object(wrap(value)), reads: () => reads }
}

t.test('finds the errors that Ajv finds', async (t) => {
  const note = { audience: { userIds: ['a'] }, message: { type: 'note', title: 'x' } }
  const values: unknown[] = [
    note, {}, null, [], 'text', 1,
    { ...note, extra: 1, 'a/b~c': 2 },
    { ...note, audience: {} },
    { ...note, audience: { userIds: ['a'], everyone: true } },
    { ...note, audience: { userIds: [] } },
    { ...note, audience: { userIds: ['a', 'b', 'a'] } },
    { ...note, audience: { userIds: ['', 1, null] } },
    { ...note, audience: { everyone: false } },
    { ...note, message: { type: 'other', title: '', body: 'x'.repeat(10_001), more: {} } },
    { ...note, message: { type: 'file', file: { name: 'a/b', type: 'x', url: '' } } },
    { ...note, message: { type: 'note', title: '\u{1f514}'.repeat(500) } },
    { ...note, message: { type: 'note', title: '\u{1f514}'.repeat(501) } },
    { ...note, sendAt: 'soon', spreadOver: 0.5, data: [] },
    { ...note, spreadOver: 86_401, data: { any: { thing: [1] } }, providers: ['p', 'p'] }
  ]
  const [whole, walked] = [ajv.compile(notificationBody), compileSchema(ajv, notificationBody)]
  for (const value of values) {
    whole(value)
    t.same(byPath(walked(value)), byPath(whole.errors ?? []), JSON.stringify(value).slice(0, 80))
  }
})

t.test('stops at twenty errors', async (t) => {
  const unknown = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`k${index}`, index]))
  const schemas: Array<[TSchema, object]> = [
    [notificationBatchBody, { notifications: Array(1_000).fill({}) }],
    [notificationBatchBody, { notifications: Array(1_000).fill({ audience: { userIds: Array(100).fill('') }, message: { type: 'note' } }) }],
    [exactly({ ids: Type.Array(Type.String({ minLength: 1 }), { maxItems: 10_000 }) }), { ids: Array(10_000).fill('') }],
    [exactly({ a: Type.Optional(Type.String()) }), unknown]
  ]
  for (const [schema, body] of schemas) {
    const { value, reads } = counted(body)
    t.equal(compileSchema(ajv, schema)(value).length, 20)
    t.ok(reads() < 250, `${reads()} members were read`)
  }
})

t.test('does not validate the items of an array that is too long', async (t) => {
  const { value, reads } = counted({ notifications: Array(1_001).fill({}) })
  t.match(compileSchema(ajv, notificationBatchBody)(value), [{ instancePath: '/notifications', message: 'must NOT have more than 1000 items' }])
  t.ok(reads() < 5, `${reads()} members were read`)
})

t.test('neither counts nor matches a text that is certainly too long', async (t) => {
  let matches = 0
  const counting = new Ajv({ allErrors: true })
  counting.addFormat('counted', (_text: string) => { matches++; return true })
  const check = compileSchema(counting, Type.String({ maxLength: 10, format: 'counted' }))
  t.match(check('x'.repeat(21)), [{ keyword: 'maxLength', message: 'must NOT have more than 10 characters' }])
  t.equal(matches, 0)
  t.equal(check('\u{1f514}'.repeat(10)).length, 0)
  t.equal(check('x'.repeat(11)).length, 1)
  t.equal(matches, 2)
})
