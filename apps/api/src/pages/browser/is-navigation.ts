import type { FastifyRequest } from 'fastify'

const prefetchHeaders = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz']

/**
 * Whether a person is about to see the page. A browser also fetches pages ahead of time, and for other pages to embed: such a
 * request must not use anything up. What sends none of these headers counts as a navigation.
 */
export function isNavigation ({ headers }: FastifyRequest): boolean {
  const isAhead = prefetchHeaders.some((name) => /prefetch|prerender|preview|instant/i.test(String(headers[name] ?? '')))
  return !isAhead && (headers['sec-fetch-dest'] ?? 'document') === 'document'
}
