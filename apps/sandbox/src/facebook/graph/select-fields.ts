import type { FastifyRequest } from 'fastify'
import { invalid } from './graph-error.ts'
import { parametersOf } from './parameters.ts'

/** The fields of a node that a call asks for; always its id. Throws GraphError for one that it does not have. */
export function selectFields (
  node: Record<string, unknown>, request: FastifyRequest, { type, initial }: { type: string, initial: string[] }
): Record<string, unknown> {
  const asked = fieldsOf(parametersOf(request))
  const unknown = asked?.find((field) => !Object.hasOwn(node, field))
  if (unknown !== undefined) throw invalid(`(#100) Tried accessing nonexisting field (${unknown}) on node type (${type})`)
  const fields = new Set([...asked ?? initial, 'id'])
  return Object.fromEntries([...fields].map((field) => [field, node[field]]))
}

/** What a call asks for; undefined when it leaves that open. */
export function fieldsOf (parameters: URLSearchParams): string[] | undefined {
  return parameters.get('fields')?.split(',').map((field) => field.trim()).filter((field) => field !== '')
}
