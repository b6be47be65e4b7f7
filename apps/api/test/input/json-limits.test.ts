import t from 'tap'
import { Type } from 'typebox'
import { jsonLimitsOf } from '../../src/input/json-limits.ts'
import { exactly } from '../../src/input/fields.ts'

t.test('allows as much as a schema can contain, plus a thousand for the error message', async (t) => {
  const cases = [
    [exactly({ a: Type.String(), b: Type.Optional(Type.Integer()) }), 3, 2],
    [exactly({ ids: Type.Array(Type.String(), { maxItems: 5_000 }) }), 5_002, 1],
    [exactly({ items: Type.Array(exactly({ a: Type.String(), b: exactly({ c: Type.String() }) }), { maxItems: 10 }) }), 42, 31],
    [exactly({ data: Type.Object({}, { additionalProperties: true }) }), 8_193, 2_732]
  ] as const
  for (const [schema, values, fields] of cases) {
    t.same(jsonLimitsOf(schema), { maxValues: values + 1_000, maxFields: fields + 1_000 })
  }
})

t.test('has a maximum for every schema', async (t) => {
  t.same(jsonLimitsOf(exactly({ items: Type.Array(exactly({ a: Type.String() })) })), { maxValues: 200_000, maxFields: 30_000 })
})
