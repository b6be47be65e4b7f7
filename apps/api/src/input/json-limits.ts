import type { JsonLimits } from './json-counter.ts'

/** An object that takes any field, such as `data`, is at most 16 KiB of JSON: `[0,0,…` or `{"a":0,…`. */
const freeForm = { values: 8_192, fields: 2_731 }
/** Beyond what is valid, so that an error can name the field or the array instead of the whole body. */
const spare = 1_000
/** A batch could hold millions by its schema. Parsing this many takes less than 50 ms. */
const cap = { values: 200_000, fields: 30_000 }

interface Schema {
  properties?: Record<string, Schema>
  additionalProperties?: unknown
  items?: Schema
  maxItems?: number
}

/** How much JSON a body of this schema can hold while it is valid, and a little more. */
export function jsonLimitsOf (schema: unknown): JsonLimits {
  const { values, fields } = sizeOf(schema as Schema) // the schemas of our routes
  return { maxValues: Math.min(values + spare, cap.values), maxFields: Math.min(fields + spare, cap.fields) }
}

function sizeOf ({ properties, additionalProperties, items, maxItems = Infinity }: Schema): { values: number, fields: number } {
  if (items !== undefined) {
    const { values, fields } = sizeOf(items)
    return { values: 1 + maxItems * values, fields: fields === 0 ? 0 : maxItems * fields }
  }
  if (properties === undefined) return { values: 1, fields: 0 }
  const size = additionalProperties === false ? { values: 1, fields: 0 } : { ...freeForm }
  for (const property of Object.values(properties)) {
    const { values, fields } = sizeOf(property)
    size.values += values
    size.fields += 1 + fields
  }
  return size
}
