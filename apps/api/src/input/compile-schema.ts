import type { Ajv, ErrorObject, ValidateFunction } from 'ajv'
import { maxInputErrors } from '../problems/problem.ts'

/** The keywords of JSON Schema that limit how much of a value is validated. Ajv validates all others. */
interface Schema {
  type?: unknown
  properties?: Record<string, Schema>
  additionalProperties?: unknown
  items?: Schema
  maxItems?: number
  maxLength?: number
  uniqueItems?: boolean
  /** Documentation only: the handlers apply defaults. */
  default?: unknown
}

type Path = Array<string | number>
type Check = (value: unknown, path: Path, errors: ErrorObject[]) => void

/**
 * Returns a validator that stops at the first twenty errors. Ajv stops at the first error or collects all of them, and it
 * validates the items of arrays that are too long. So this walks objects and arrays, and Ajv validates one object, array or value
 * at a time. Compiles the schema for its first value, because compiling all schemas takes half of the API's start.
 */
export function compileSchema (ajv: Ajv, schema: unknown): (value: unknown) => ErrorObject[] {
  let check: Check | undefined
  return (value) => {
    const errors: ErrorObject[] = []
    check ??= compile(ajv, schema as Schema) // the schemas of our routes
    check(value, [], errors)
    return errors.slice(0, maxInputErrors)
  }
}

function compile (ajv: Ajv, schema: Schema): Check {
  if (schema.properties !== undefined) return compileObject(ajv, schema, schema.properties)
  if (schema.items !== undefined) return compileArray(ajv, schema, schema.items)
  return compileValue(ajv, schema)
}

function compileObject (
  ajv: Ajv, { properties: _, additionalProperties, ...own }: Schema, properties: Record<string, Schema>
): Check {
  const checkOwn = compileValue(ajv, own)
  const checks = new Map(Object.entries(properties).map(([name, property]) => [name, compile(ajv, property)]))
  return (value, path, errors) => {
    if (additionalProperties === false) refuseUnknown(checks, value, path, errors)
    checkOwn(value, path, errors)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return
    for (const [name, check] of checks) {
      if (errors.length >= maxInputErrors) return
      const member: unknown = Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined
      if (member !== undefined) checkAt(name, check, member, path, errors)
    }
  }
}

function compileArray (ajv: Ajv, { items: _, uniqueItems, maxItems = Infinity, ...own }: Schema, items: Schema): Check {
  const checkOwn = compileValue(ajv, own)
  const checkItem = compile(ajv, items)
  return (value, path, errors) => {
    if (!Array.isArray(value)) return checkOwn(value, path, errors)
    if (value.length > maxItems) {
      errors.push(errorAt(path, 'maxItems', { limit: maxItems }, `must NOT have more than ${maxItems} items`))
      return
    }
    checkOwn(value, path, errors)
    for (const [index, item] of value.entries()) {
      if (errors.length >= maxInputErrors) return
      checkAt(index, checkItem, item, path, errors)
    }
    if (uniqueItems === true) refuseDuplicate(value, path, errors)
  }
}

function compileValue (ajv: Ajv, { default: _, ...schema }: Schema): Check {
  const validate: ValidateFunction = ajv.compile(schema)
  // A character is one or two units of UTF-16. A longer text is too long, so it is not matched against patterns.
  const maxUnits = schema.maxLength === undefined ? Infinity : 2 * schema.maxLength
  return (value, path, errors) => {
    if (typeof value === 'string' && value.length > maxUnits) {
      errors.push(errorAt(path, 'maxLength', { limit: schema.maxLength }, `must NOT have more than ${schema.maxLength} characters`))
    } else if (!validate(value)) {
      const pointer = pointerTo(path)
      for (const error of validate.errors ?? []) errors.push({ ...error, instancePath: `${pointer}${error.instancePath}` })
    }
  }
}

function checkAt (name: string | number, check: Check, value: unknown, path: Path, errors: ErrorObject[]): void {
  path.push(name)
  check(value, path, errors)
  path.pop()
}

function refuseUnknown (known: ReadonlyMap<string, Check>, value: unknown, path: Path, errors: ErrorObject[]): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return
  for (const name in value) {
    if (errors.length >= maxInputErrors) return
    if (!known.has(name)) errors.push(errorAt(path, 'additionalProperties', { additionalProperty: name }, 'must NOT have additional properties'))
  }
}

/** Arrays with unique items contain strings only. */
function refuseDuplicate (value: unknown[], path: Path, errors: ErrorObject[]): void {
  const seen = new Map<unknown, number>()
  for (const [j, item] of value.entries()) {
    const i = seen.get(item)
    if (i !== undefined) {
      errors.push(errorAt(path, 'uniqueItems', { i, j }, `must NOT have duplicate items (items ## ${j} and ${i} are identical)`))
      return
    }
    seen.set(item, j)
  }
}

function errorAt (path: Path, keyword: string, params: Record<string, unknown>, message: string): ErrorObject {
  return { keyword, instancePath: pointerTo(path), schemaPath: `#/${keyword}`, params, message }
}

/** RFC 6901. */
function pointerTo (path: Path): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}
