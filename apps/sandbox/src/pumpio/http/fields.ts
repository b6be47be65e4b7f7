export type Fields = Record<string, unknown>

/** A JSON object or a form; whatever else came has no fields. */
export function fieldsOf (body: unknown): Fields {
  return isFields(body) ? body : {}
}

export function isFields (value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !Buffer.isBuffer(value)
}

/** Of a form field or query parameter; what comes twice is an array, and nothing here takes one. */
export function textOf (value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
