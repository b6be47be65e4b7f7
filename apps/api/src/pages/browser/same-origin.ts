import type { FastifyRequest } from 'fastify'
import type { Site } from '../../services.ts'

/**
 * Whether a form was sent from one of our own pages. Browsers say so in Sec-Fetch-Site, and where they do not (plain http on
 * another machine) in Origin. What sends neither is no browser, and nobody can be tricked into using it.
 */
export function isSameOrigin ({ headers }: FastifyRequest, { publicUrl }: Site): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin'
  return headers.origin === undefined || headers.origin === new URL(publicUrl).origin
}
