import type { FastifyRequest } from 'fastify'

export function queryOf ({ url }: FastifyRequest): URLSearchParams {
  const start = url.indexOf('?')
  return new URLSearchParams(start === -1 ? '' : url.slice(start + 1))
}

/** The fields of a form, as text or parsed. A field that occurs twice has two values. */
export function formOf ({ body }: FastifyRequest): URLSearchParams {
  if (typeof body === 'string') return new URLSearchParams(body)
  const fields = new URLSearchParams()
  if (typeof body !== 'object' || body === null) return fields
  for (const [name, value] of Object.entries(body)) {
    for (const each of [value].flat()) fields.append(name, typeof each === 'string' ? each : JSON.stringify(each) ?? '')
  }
  return fields
}
