import type { FastifyRequest } from 'fastify'
import type { Site } from '../../services.ts'

/**
 * Whether a form was sent from one of our pages. Browsers send Sec-Fetch-Site, or over plain http Origin. A request with neither
 * does not come from a browser, so it cannot be forged by another page.
 */
export function isSameOrigin ({ headers }: FastifyRequest, { publicUrl }: Site): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site === 'same-origin'
  return headers.origin === undefined || headers.origin === new URL(publicUrl).origin
}
