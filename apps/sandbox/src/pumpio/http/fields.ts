import { isObject } from '../../kit/http/parse-object.ts'

export type Fields = Record<string, unknown>

/** The fields of a JSON object or a form. Any other body has none. */
export function fieldsOf (body: unknown): Fields {
  return isFields(body) ? body : {}
}

export function isFields (value: unknown): value is Fields {
  return isObject(value) && !Buffer.isBuffer(value)
}

/** A form field or query parameter. A repeated one is an array, which no route here accepts. */
export function textOf (value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
