import { invalidParam, invalidRequest } from './pushbullet-error.ts'

/** The body: a JSON object or a form. Pushbullet ignores unknown fields. */
export type Fields = Record<string, unknown>

export function readFields (body: unknown): Fields {
  if (body === undefined || body === null) return {}
  if (typeof body !== 'object' || Array.isArray(body)) throw invalidRequest('The request body must be a JSON object.')
  return body as Fields
}

/** Pushbullet treats an empty string as absent. */
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

/** A form can send only text. */
export function readFlag (fields: Fields, param: string): boolean | undefined {
  const value = fields[param]
  if (value === undefined || value === null || value === '') return undefined
  if (value === true || value === 'true') return true
  if (value === false || value === 'false') return false
  throw invalidParam(param)
}

export function readMuted (fields: Fields): { muted?: boolean } {
  const muted = readFlag(fields, 'muted')
  return muted === undefined ? {} : { muted }
}
