import type { FastifyInstance, FastifyRequest } from 'fastify'
import { findInexactNumber } from './find-inexact-number.ts'
import { invalidInput, Problem } from './problems/problem.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the route gives numbers of its body back, so that a number which JavaScript would round is refused. */
    exactNumbers?: true
  }
}

/** Reads JSON bodies. Bytes that are not UTF-8 are refused, and an empty body is no body. */
export function readJsonBodies (app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    const text = decodeUtf8(body)
    if (text === '' && !takesBody(request)) return done(null, undefined)
    parse(request, text, (error, value) => {
      // Numbers are checked in the text: in the parsed value a rounded number looks like any other.
      const isChecked = error === null && request.routeOptions.config.exactNumbers === true
      done(isChecked ? inexactNumber(text) : error, value)
    })
  })
}

/** The text of a body, without a byte order mark (RFC 8259 §8.1). Throws `malformedJson` where it is not UTF-8. */
export function decodeUtf8 (bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw new Problem('malformedJson', 'The body is not UTF-8')
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function takesBody ({ routeOptions: { schema } }: FastifyRequest): boolean {
  return schema?.body !== undefined
}

function inexactNumber (text: string): Problem | null {
  const path = findInexactNumber(text)
  return path === undefined ? null : invalidInput([{ path, message: 'is a number that JSON parsers round: send it as a string' }])
}
