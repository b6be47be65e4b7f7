import type { FastifyInstance, FastifyRequest } from 'fastify'
import { findInexactNumber } from './find-inexact-number.ts'
import { createJsonCounter } from './json-counter.ts'
import type { JsonLimits } from './json-counter.ts'
import { jsonLimitsOf } from './json-limits.ts'
import { readBody } from './read-body.ts'
import { invalidInput, Problem } from '../problems/problem.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the route returns numbers of its body, so that it must refuse numbers that JavaScript would round. */
    exactNumbers?: true
  }
}

/**
 * Parses the JSON bodies of routes with a schema for the body; other routes do not read theirs. Before parsing, refuses bodies
 * that are not UTF-8 and bodies with more values than the schema allows.
 */
export function readJsonBodies (app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  const knownLimits = new WeakMap<object, JsonLimits>()
  app.removeAllContentTypeParsers()

  app.addContentTypeParser('application/json', async (request: FastifyRequest, payload: FastifyRequest['raw']) => {
    const schema = bodySchemaOf(request)
    if (schema === undefined) return undefined
    const limits = knownLimits.get(schema) ?? jsonLimitsOf(schema)
    knownLimits.set(schema, limits)
    const { routeOptions: { bodyLimit: maxBytes, config }, headers: { 'content-length': contentLength } } = request
    const text = decodeUtf8(await readBody(payload, { maxBytes, contentLength, inspect: createJsonCounter(limits).count }))
    const value = await new Promise((resolve, reject) => {
      parse(request, text, (error, parsed) => { if (error === null) resolve(parsed); else reject(error) })
    })
    // The text is checked, because a rounded number cannot be recognized after parsing.
    if (config.exactNumbers === true) refuseInexactNumber(text)
    return value
  })

  app.addContentTypeParser('*', async (request: FastifyRequest) => {
    if (bodySchemaOf(request) !== undefined) throw new Problem('unsupportedMediaType', 'Send application/json')
  })
}

/** The text of a body, without a byte order mark (RFC 8259 §8.1). Throws Problem `malformedJson` when it is not UTF-8. */
export function decodeUtf8 (bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw new Problem('malformedJson', 'The body is not UTF-8')
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function bodySchemaOf ({ routeOptions: { schema } }: FastifyRequest): object | undefined {
  return typeof schema?.body === 'object' && schema.body !== null ? schema.body : undefined
}

function refuseInexactNumber (text: string): void {
  const path = findInexactNumber(text)
  if (path !== undefined) throw invalidInput([{ path, message: 'is a number that JSON parsers round: send it as a string' }])
}
