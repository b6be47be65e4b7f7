import { Ajv } from 'ajv'
import type { AnySchema } from 'ajv'
import formats from 'ajv-formats'
import type { FastifyInstance, FastifySchema } from 'fastify'
import type { FastifyRouteSchemaDef } from 'fastify/types/schema.js'
import { refuseFaults } from './problems/problem.ts'
import type { InputFault } from './problems/problem.ts'

/**
 * Unknown fields are refused, never dropped. What comes in a query or a path is text, so numbers are read from it; in a
 * body a number is a number. What the database cannot store is refused before any handler sees it.
 */
export function validateInput (app: FastifyInstance): void {
  const options = { removeAdditional: false, useDefaults: true, allErrors: true } as const
  const text = addFormats(new Ajv({ ...options, coerceTypes: true }))
  const body = addFormats(new Ajv({ ...options, coerceTypes: false }))
  app.setValidatorCompiler<FastifySchema>(({ schema, httpPart }: FastifyRouteSchemaDef<AnySchema>) => {
    return (httpPart === 'body' ? body : text).compile(schema)
  })
  app.addHook('preValidation', async ({ body, query, params }) => {
    refuseFaults(unstorable(body) ?? unstorable(query) ?? unstorable(params) ?? [])
  })
}

const deepest = 64

/** PostgreSQL takes neither U+0000 nor half of a surrogate pair, and nothing honest holds them. */
function unstorable (root: unknown): InputFault[] | undefined {
  const pending: Array<{ value: unknown, path: string, depth: number }> = [{ value: root, path: '', depth: 0 }]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { value, path, depth } = next
    if (depth > deepest) return [{ path: '', message: `is nested deeper than ${deepest} levels` }]
    if (typeof value === 'string' && forbidden.test(value)) return [{ path, message: notStored }]
    if (typeof value !== 'object' || value === null) continue
    for (const [name, member] of Object.entries(value)) {
      if (forbidden.test(name)) return [{ path, message: `has a field whose name ${notStored}` }]
      pending.push({ value: member, path: path === '' ? name : `${path}.${name}`, depth: depth + 1 })
    }
  }
}

const forbidden = /[\0\p{Surrogate}]/u
const notStored = 'holds U+0000 or half of a surrogate pair'

/** The package is CommonJS, and its types say so less well than it does. */
function addFormats (ajv: Ajv): Ajv {
  return formats.default(ajv)
}
