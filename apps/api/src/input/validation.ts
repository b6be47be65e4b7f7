import { Ajv } from 'ajv'
import type { AnySchema, ErrorObject } from 'ajv'
import formats from 'ajv-formats'
import type { FastifyInstance, FastifySchema } from 'fastify'
import type { FastifyRouteSchemaDef } from 'fastify/types/schema.js'
import { compileSchema } from './compile-schema.ts'
import { findUnstorable } from './find-unstorable.ts'
import { createIntegerReader } from './read-integers.ts'
import { assertNoInputErrors } from '../problems/problem.ts'
import type { InputError } from '../problems/problem.ts'
import { toInputErrors } from '../problems/to-problem.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the handler validates each item of the body, so that an invalid item does not affect the others. */
    checksItems?: true
  }
}

/**
 * Validates the input of all routes. Refuses unknown fields. Reads integers from the text of queries and paths, but not from
 * strings of a body. Refuses text that the database cannot store.
 */
export function validateInput (app: FastifyInstance): void {
  const ajv = createAjv()
  app.setValidatorCompiler<FastifySchema>(({ schema, httpPart }: FastifyRouteSchemaDef<AnySchema>) => {
    const findErrors = compileSchema(ajv, schema)
    if (httpPart === 'body') return toValidator(findErrors)
    const readIntegers = createIntegerReader(schema)
    return toValidator((value) => {
      readIntegers(value)
      return findErrors(value)
    })
  })
  // The schemas have limited the size of the input before.
  app.addHook('preHandler', async ({ body, query, params, routeOptions: { config } }) => {
    const ofBody = config.checksItems === true ? undefined : findUnstorable(body)
    assertNoInputErrors(ofBody ?? findUnstorable(query) ?? findUnstorable(params) ?? [])
  })
}

/** Compiles the validator of a route whose contract shows another schema for the body. */
export function compileBody (schema: AnySchema) {
  return toValidator(compileSchema(createAjv(), schema))
}

/** Compiles a validator that returns the first error of a value. */
export function compileItem (schema: AnySchema): (item: unknown) => InputError | undefined {
  const findErrors = compileSchema(createAjv(), schema)
  return (item) => toInputErrors(findErrors(item))[0] ?? findUnstorable(item)?.[0]
}

function createAjv (): Ajv {
  return addFormats(new Ajv({ removeAdditional: false, allErrors: true }))
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

/** The package is CommonJS, and its types do not declare its default export as it is. */
function addFormats (ajv: Ajv): Ajv {
  return formats.default(ajv)
}
