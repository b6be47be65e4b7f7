import type { RouteOptions } from 'fastify'
import { acceptsKey } from '../idempotency/accepts-key.ts'
import type { ProblemCode } from './problem-table.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The problems of this route, without those that `problemsOf` derives. For the contract. */
    problems?: readonly ProblemCode[]
  }
}

type Route = Pick<RouteOptions, 'method' | 'url' | 'schema' | 'config'>

/** All problems that a route of the JSON API can respond with. */
export function problemsOf ({ method, url, schema, config = {} }: Route): ProblemCode[] {
  const { callers, problems = [] } = config
  const isForBoth = callers?.scope !== undefined && callers.user === true
  return [...new Set<ProblemCode>([
    'badRequest', 'invalidInput', 'unauthenticated', 'invalidToken', 'apiKeyExpired', 'expectationFailed', 'rateLimited', 'headersTooLarge', 'internal', 'unavailable', 'closing',
    ...acceptsKey({ method, config }) ? ['idempotencyKeyInUse', 'idempotencyKeyReused'] as const : [],
    ...callers?.scope === undefined ? [] : ['insufficientScope' as const],
    ...callers?.user === true ? ['tokenRevoked' as const] : [],
    ...isForBoth ? [] : ['wrongCaller' as const],
    ...url.includes(':') ? ['pathTooLong' as const] : [],
    // PUT creates what does not exist.
    ...url.includes(':') && method !== 'PUT' ? ['notFound' as const] : [],
    ...schema?.body === undefined ? [] : ['malformedJson', 'requestTimeout', 'bodyTooLarge', 'unsupportedMediaType'] as const,
    ...problems
  ])]
}
