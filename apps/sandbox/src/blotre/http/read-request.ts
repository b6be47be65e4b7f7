import type { FastifyInstance, FastifyRequest } from 'fastify'
import { PageFailure } from './blotre-error.ts'

// Play reads no more text than this into memory.
const MAX_BODY_BYTES = 100 * 1024

/** Bodies stay text until a route says what it takes: what kind it must be is checked first, then what it says. */
export function keepBodiesAsText (app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string', bodyLimit: MAX_BODY_BYTES }, (_request, text, done) => { done(null, text) })
}

/** For `preValidation`: the body becomes what its JSON says. It is refused before anybody asks who sends it. */
export async function readJson (request: FastifyRequest): Promise<void> {
  if (!['application/json', 'text/json'].includes(kindOf(request))) {
    throw new PageFailure(415, 'Expecting text/json or application/json body')
  }
  try {
    request.body = JSON.parse(textOf(request))
  } catch {
    throw new PageFailure(400, 'Invalid Json')
  }
}

/** The body as a form, or undefined when it is something else. Of a field that comes twice `get` gives the first. */
export function formOf (request: FastifyRequest): URLSearchParams | undefined {
  return kindOf(request) === 'application/x-www-form-urlencoded' ? new URLSearchParams(textOf(request)) : undefined
}

/** A parameter of the query; of one that comes twice the first counts. */
export function queryOf (request: FastifyRequest, name: string): string | undefined {
  const value = (request.query as Record<string, string | string[] | undefined>)[name]
  return Array.isArray(value) ? value[0] : value
}

/** A parameter that is part of the route: without it the route does not exist. */
export function requiredQueryOf (request: FastifyRequest, name: string): string {
  const value = queryOf(request, name)
  if (value === undefined) throw new PageFailure(400, `Missing parameter: ${name}`)
  return value
}

function kindOf ({ headers }: FastifyRequest): string {
  return (headers['content-type'] ?? '').split(';', 1).join().trim().toLowerCase()
}

function textOf ({ body }: FastifyRequest): string {
  return typeof body === 'string' ? body : ''
}
