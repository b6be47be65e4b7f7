import type { FastifyRequest } from 'fastify'
import { invalid } from './graph-error.ts'
import { parametersOf } from './parameters.ts'

/** The requested fields of a node, and its id. Throws GraphError for an unknown field. */
export function selectFields (
  node: Record<string, unknown>, request: FastifyRequest, { type, initial }: { type: string, initial: string[] }
): Record<string, unknown> {
  const requested = fieldsOf(parametersOf(request))
  const unknown = requested?.find((field) => !Object.hasOwn(node, field))
  if (unknown !== undefined) throw invalid(`(#100) Tried accessing nonexisting field (${unknown}) on node type (${type})`)
  const fields = new Set([...requested ?? initial, 'id'])
  return Object.fromEntries([...fields].map((field) => [field, node[field]]))
}

/** The requested fields; undefined without the parameter. */
export function fieldsOf (parameters: URLSearchParams): string[] | undefined {
  return parameters.get('fields')?.split(',').map((field) => field.trim()).filter((field) => field !== '')
}
