import { Ajv } from 'ajv'
import type { AnySchema, ErrorObject } from 'ajv'
import formats from 'ajv-formats'
import type { FastifyInstance, FastifySchema } from 'fastify'
import type { FastifyRouteSchemaDef } from 'fastify/types/schema.js'
import { compileSchema } from './compile-schema.ts'
import { findUnstorable } from './find-unstorable.ts'
import { createIntegerReader } from './read-integers.ts'
import { refuseFaults } from '../problems/problem.ts'
import type { InputFault } from '../problems/problem.ts'
import { toFaults } from '../problems/to-problem.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the route's handler looks at each item of the body by itself: one that is wrong refuses no others. */
    checksItems?: true
  }
}

/**
 * Unknown fields are refused, never dropped. What comes in a query or a path is text, so integers are read from it; in a
 * body a number is a number. What the database cannot store is refused before any handler sees it.
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
  // After the schemas have bounded what there is to look at.
  app.addHook('preHandler', async ({ body, query, params, routeOptions: { config } }) => {
    const ofBody = config.checksItems === true ? undefined : findUnstorable(body)
    refuseFaults(ofBody ?? findUnstorable(query) ?? findUnstorable(params) ?? [])
  })
}

/** For a route whose body is validated by another schema than the one that its contract shows. */
export function compileBody (schema: AnySchema) {
  return toValidator(compileSchema(createAjv(), schema))
}

/** For values that are validated one by one: answers the first fault of one. */
export function compileItem (schema: AnySchema): (item: unknown) => InputFault | undefined {
  const findErrors = compileSchema(createAjv(), schema)
  return (item) => toFaults(findErrors(item))[0] ?? findUnstorable(item)?.[0]
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

/** The package is CommonJS, and its types say so less well than it does. */
function addFormats (ajv: Ajv): Ajv {
  return formats.default(ajv)
}
