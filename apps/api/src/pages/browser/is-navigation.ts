import type { FastifyRequest } from 'fastify'

const prefetchHeaders = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz']

/**
 * Whether a person is about to see the page. A browser also requests pages ahead of time or for embedding, and such a request
 * must not use anything up. A request without these headers counts as a navigation.
 */
export function isNavigation ({ headers }: FastifyRequest): boolean {
  const isPrefetch = prefetchHeaders.some((name) => /prefetch|prerender|preview|instant/i.test(String(headers[name] ?? '')))
  return !isPrefetch && (headers['sec-fetch-dest'] ?? 'document') === 'document'
}
