import fc from 'fast-check'
import type { Arbitrary } from 'fast-check'

/** The keywords of JSON Schema that the contract uses. */
export interface Schema {
  $ref?: string
  type?: string | string[]
  enum?: unknown[]
  const?: unknown
  oneOf?: Schema[]
  anyOf?: Schema[]
  format?: string
  pattern?: string
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
  items?: Schema
  minItems?: number
  maxItems?: number
  uniqueItems?: boolean
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: boolean | Schema
}

/** Values that exist, such as ids, by the name of the property or parameter that holds them. */
type Known = Record<string, readonly string[]>

export interface Source {
  schemas: Record<string, Schema>
  known: Known
}

const maxDepth = 20
const maxItems = 4
/** Longer texts are the subject of the tests of the limits. */
const maxLength = 80

/** Values that the schema accepts. `name` is that of the property or parameter. */
export function valuesOf (schema: Schema, source: Source, name = '', depth = 0): Arbitrary<unknown> {
  const inner = (other: Schema, otherName = name) => valuesOf(other, source, otherName, depth + 1)
  if (depth > maxDepth) return fc.constant(null)
  if (schema.$ref !== undefined) return inner(source.schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {})
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  const union = schema.oneOf ?? schema.anyOf
  if (union !== undefined) {
    const { oneOf, anyOf, ...rest } = schema
    return fc.oneof(...union.map((other) => inner({ ...rest, ...other })))
  }
  if (Array.isArray(schema.type)) return fc.oneof(...schema.type.map((type) => inner({ ...schema, type })))
  switch (schema.type) {
    case 'string': return texts(schema, source.known[name] ?? [])
    case 'integer': return fc.integer({ min: schema.minimum ?? -1_000, max: schema.maximum ?? 1_000_000 })
    case 'number': return fc.double({ min: schema.minimum ?? -1e6, max: schema.maximum ?? 1e6, noNaN: true })
    case 'boolean': return fc.boolean()
    case 'null': return fc.constant(null)
    case 'array': return lists(schema, inner(schema.items ?? {}))
    case 'object': return objects(schema, inner)
    default: return fc.jsonValue({ maxDepth: 2 })
  }
}

/** Values that differ from others in one or two places. */
export function brokenValuesOf (values: Arbitrary<unknown>): Arbitrary<unknown> {
  const faults = fc.array(fc.tuple(fc.nat(), fc.constantFrom(...faultKinds), oddValues), { minLength: 1, maxLength: 2 })
  return fc.tuple(values, faults).map(([value, list]) => list.reduce<unknown>((one, fault) => withFault(one, fault), value))
}

/** Values that programs get wrong. */
export const oddTexts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.constantFrom(
    '', ' ', '\0', '\u202E', '\uD800', '../..', '%00', '%', '__proto__', "' or 1=1 --", '<script>', '0', '-1', '1e999', 'null',
    '9999-12-31T23:59:60Z', '+275760-09-13T00:00:00Z', 'ntf_', `con_${'0'.repeat(32)}`, 'x'.repeat(3_000)
  )
)
const oddValues = fc.oneof(
  oddTexts,
  fc.constantFrom<unknown>(null, true, -1, 0.5, 1e308, -0, 2 ** 53, [], {}, [[[[]]]], { constructor: { prototype: {} } }, { $ref: '#' })
)

const faultKinds = ['replace', 'remove', 'add', 'repeat'] as const
type Fault = [position: number, kind: typeof faultKinds[number], odd: unknown]

/** Changes one place of the value, which the position selects. */
function withFault (value: unknown, [position, kind, odd]: Fault): unknown {
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : []
  const key = keys[position % (keys.length + 1)]
  if (key === undefined) return kind === 'add' && keys.length > 0 ? { ...value as object, unexpected: odd } : odd
  const inner = (value as Record<string, unknown>)[key]
  const [fits, rest] = [typeof inner === 'object' && inner !== null, Math.floor(position / (keys.length + 1))]
  const changed = fits && rest % 3 !== 0 ? withFault(inner, [rest, kind, odd]) : kind === 'repeat' ? [inner, inner] : odd
  if (Array.isArray(value)) return kind === 'remove' ? value.toSpliced(Number(key), 1) : value.with(Number(key), changed)
  const entries = Object.entries(value as object)
  if (kind === 'remove') return Object.fromEntries(entries.filter(([name]) => name !== key))
  return Object.fromEntries(entries.map(([name, one]) => [name, name === key ? changed : one]))
}

function texts (schema: Schema, known: readonly string[]): Arbitrary<string> {
  const generated = generatedTexts(schema)
  if (known.length === 0) return generated
  return fc.oneof({ arbitrary: fc.constantFrom(...known), weight: 9 }, { arbitrary: generated, weight: 1 })
}

function generatedTexts ({ format, pattern, minLength = 0, maxLength: limit = maxLength }: Schema): Arbitrary<string> {
  const soon = fc.integer({ min: -1, max: 100 }).map((days) => new Date(Date.now() + days * 86_400_000).toISOString())
  switch (format) {
    case 'date-time': return soon
    case 'date': return soon.map((text) => text.slice(0, 10))
    case 'uri': return fc.webUrl()
    case 'uuid': return fc.uuid()
    default: return fc.string({ unit: 'grapheme', minLength, maxLength: Math.max(minLength, Math.min(limit, maxLength)) })
      .filter((text) => text.length <= limit && (pattern === undefined || new RegExp(pattern, 'u').test(text)))
  }
}

function lists (
  { minItems = 0, maxItems: limit = maxItems, uniqueItems = false }: Schema, item: Arbitrary<unknown>
): Arbitrary<unknown[]> {
  const bounds = { minLength: minItems, maxLength: Math.max(minItems, Math.min(limit, maxItems)) }
  return uniqueItems ? fc.uniqueArray(item, { ...bounds, selector: (one) => JSON.stringify(one) }) : fc.array(item, bounds)
}

function objects (schema: Schema, inner: (schema: Schema, name: string) => Arbitrary<unknown>): Arbitrary<unknown> {
  const { properties = {}, required = [], additionalProperties } = schema
  const names = Object.keys(properties)
  if (names.length === 0 && additionalProperties === false) return fc.constant({})
  if (names.length === 0) return fc.dictionary(fc.string({ maxLength: 10 }), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 })
  const fields = Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, inner(one, name)]))
  const requiredKeys = required.filter((name) => names.includes(name))
  // Each optional field may exclude another, so many objects have none.
  const least = Object.fromEntries(requiredKeys.map((name) => [name, fields[name] ?? fc.constant(null)]))
  return fc.oneof(fc.record(least), fc.record(fields, { requiredKeys }))
}
