import type { FastifyRequest } from 'fastify'

/** The bearer token of a request (RFC 6750 §2.1). The scheme's name is compared without regard to case (RFC 9110 §11.1). */
export function readBearer ({ headers: { authorization } }: FastifyRequest): string | undefined {
  return /^bearer +([\w.~+/=-]+) *$/i.exec(authorization ?? '')?.[1]
}
