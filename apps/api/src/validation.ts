import { Ajv } from 'ajv'
import type { AnySchema, ErrorObject } from 'ajv'
import formats from 'ajv-formats'
import type { FastifyInstance, FastifySchema } from 'fastify'
import type { FastifyRouteSchemaDef } from 'fastify/types/schema.js'
import { compileSchema } from './input/compile-schema.ts'
import { findUnstorable } from './input/find-unstorable.ts'
import { maxInputErrors, refuseFaults } from './problems/problem.ts'

/**
 * Unknown fields are refused, never dropped. What comes in a query or a path is text, so numbers are read from it; in a
 * body a number is a number. What the database cannot store is refused before any handler sees it.
 */
export function validateInput (app: FastifyInstance): void {
  const options = { removeAdditional: false, useDefaults: true, allErrors: true } as const
  const text = addFormats(new Ajv({ ...options, coerceTypes: true }))
  const body = addFormats(new Ajv({ ...options, coerceTypes: false }))
  app.setValidatorCompiler<FastifySchema>(({ schema, httpPart }: FastifyRouteSchemaDef<AnySchema>) => {
    return httpPart === 'body' ? toValidator(compileSchema(body, schema)) : compileText(text, schema)
  })
  // After the schemas have bounded what there is to look at.
  app.addHook('preHandler', async ({ body, query, params }) => {
    refuseFaults(findUnstorable(body) ?? findUnstorable(query) ?? findUnstorable(params) ?? [])
  })
}

/** Reading numbers from text changes the object around it, so Ajv validates that as a whole, once few unknown names are left. */
function compileText (ajv: Ajv, schema: AnySchema) {
  const validate = ajv.compile(schema)
  const { properties = {}, additionalProperties } = Object(schema)
  const names = Object.fromEntries(Object.keys(properties).map((name) => [name, {}]))
  const findUnknown = compileSchema(ajv, { type: 'object', properties: names, additionalProperties })
  return toValidator((value) => {
    const unknown = findUnknown(value)
    return unknown.length >= maxInputErrors || validate(value) ? unknown : validate.errors ?? []
  })
}

/** Fastify reads the errors from the function. */
function toValidator (findErrors: (value: unknown) => ErrorObject[]) {
  const validator = Object.assign((value: unknown): boolean => {
    const errors = findErrors(value)
    validator.errors = errors
    return errors.length === 0
  }, { errors: [] as ErrorObject[] })
  return validator
}

/** The package is CommonJS, and its types say so less well than it does. */
function addFormats (ajv: Ajv): Ajv {
  return formats.default(ajv)
}
