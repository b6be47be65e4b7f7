import type { FastifyRequest } from 'fastify'
import { queryOf } from '../../kit/http/parameters.ts'
import { parseObject } from '../../kit/http/parse-object.ts'

/** The parameters of the query, then those of the body, which is a form or JSON. */
export function parametersOf (request: FastifyRequest): URLSearchParams {
  const { body, headers } = request
  const parameters = queryOf(request)
  if (typeof body !== 'string') return parameters
  const isJson = (headers['content-type'] ?? '').startsWith('application/json')
  for (const [name, value] of isJson ? membersOf(body) : new URLSearchParams(body)) parameters.append(name, value)
  return parameters
}

function membersOf (json: string): Array<[string, string]> {
  return Object.entries(parseObject(json) ?? {}).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)])
}
