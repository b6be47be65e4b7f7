import type { FastifyRequest } from 'fastify'
import { queryOf } from '../../kit/http/parameters.ts'
import { PageError } from './blotre-error.ts'

/** Play reads no larger body into memory. */
export const MAX_BODY_BYTES = 100 * 1024

/** For everything that concerns a token. */
export const NO_CACHE = { 'cache-control': 'no-cache, no-store, must-revalidate', expires: '0' }

/** For `preValidation`: parses the body. Like Play, it refuses other bodies before it checks the token. */
export async function readJson (request: FastifyRequest): Promise<void> {
  if (!['application/json', 'text/json'].includes(contentTypeOf(request))) {
    throw new PageError(415, 'Expecting text/json or application/json body')
  }
  try {
    request.body = JSON.parse(textOf(request))
  } catch {
    throw new PageError(400, 'Invalid Json')
  }
}

/** The body as a form; undefined for another content type. */
export function formOf (request: FastifyRequest): URLSearchParams | undefined {
  return contentTypeOf(request) === 'application/x-www-form-urlencoded' ? new URLSearchParams(textOf(request)) : undefined
}

/** Without this parameter, Play does not find the route. */
export function requiredQueryOf (request: FastifyRequest, name: string): string {
  const value = queryOf(request).get(name)
  if (value === null) throw new PageError(400, `Missing parameter: ${name}`)
  return value
}

function contentTypeOf ({ headers }: FastifyRequest): string {
  return (headers['content-type'] ?? '').split(';', 1).join().trim().toLowerCase()
}

function textOf ({ body }: FastifyRequest): string {
  return typeof body === 'string' ? body : ''
}
