import type { FastifyRequest } from 'fastify'

/** The credentials of an Authorization header with one of these schemes, in any case. */
export function credentialsOf ({ headers }: FastifyRequest, ...schemes: string[]): string | undefined {
  const [, scheme = '', credentials] = /^(\w+) +(\S+)$/.exec(headers.authorization ?? '') ?? []
  return schemes.some((each) => each.toLowerCase() === scheme.toLowerCase()) ? credentials : undefined
}
