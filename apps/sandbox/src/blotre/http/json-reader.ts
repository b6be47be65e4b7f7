import { isObject } from '../../kit/http/parse-object.ts'
import type { Details } from './blotre-error.ts'

/** Reads JSON like Play's `Reads`, which report everything that is wrong by its path. */
export interface JsonReader {
  /** A string member of `parent`; empty when it is invalid. */
  text: (parent: unknown, path: string, name: string, rule?: Rule) => string
  /** The items of an array. */
  list: (json: unknown, path: string) => unknown[]
  fail: (path: string, message: string) => void
  hasFailed: () => boolean
  details: () => Details
}

interface Rule {
  accepts: (text: string) => boolean
  message: string
}

export function createJsonReader (): JsonReader {
  const details: Details = {}

  const reader: JsonReader = {
    text (parent, path, name, rule) {
      const at = `${path}.${name}`
      const value = memberOf(parent, name)
      if (value === undefined) reader.fail(at, 'error.path.missing')
      else if (typeof value !== 'string') reader.fail(at, 'error.expected.jsstring')
      else if (rule !== undefined && !rule.accepts(value)) reader.fail(at, rule.message)
      else return value
      return ''
    },

    list (json, path) {
      if (Array.isArray(json)) return json
      reader.fail(path, 'error.expected.jsarray')
      return []
    },

    fail: (path, message) => { details[path] = [{ msg: [message], args: [] }] },
    hasFailed: () => Object.keys(details).length > 0,
    details: () => details
  }
  return reader
}

export function memberOf (json: unknown, name: string): unknown {
  return isObject(json) && Object.hasOwn(json, name) ? json[name] : undefined
}
