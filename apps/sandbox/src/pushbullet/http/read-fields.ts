import { invalidParam, invalidRequest } from './pushbullet-error.ts'

/** A body as Pushbullet takes it: a JSON object or a form. What it does not know it ignores. */
export type Fields = Record<string, unknown>

export function readFields (body: unknown): Fields {
  if (body === undefined || body === null) return {}
  if (typeof body !== 'object' || Array.isArray(body)) throw invalidRequest('The request body must be a JSON object.')
  return body as Fields
}

/** An empty string is the same as none. */
export function readText (fields: Fields, param: string): string | undefined {
  const value = fields[param]
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value !== 'string') throw invalidParam(param)
  return value
}

export function readTexts<Name extends string> (fields: Fields, params: readonly Name[]): Partial<Record<Name, string>> {
  const texts: Partial<Record<Name, string>> = {}
  for (const param of params) {
    const text = readText(fields, param)
    if (text !== undefined) texts[param] = text
  }
  return texts
}

/** A form can only say "true". */
export function readFlag (fields: Fields, param: string): boolean | undefined {
  const value = fields[param]
  if (value === undefined || value === null || value === '') return undefined
  if (value === true || value === 'true') return true
  if (value === false || value === 'false') return false
  throw invalidParam(param)
}
