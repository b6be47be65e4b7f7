import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify'
import { Problem } from './problem.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The methods that a path supports; none when no route has the path. */
    allowedMethods: (url: string) => string[]
  }
}

/** Collects the paths and methods of all routes. Call it before you add routes. */
export function collectRoutes (app: FastifyInstance): void {
  const routes: Array<{ pattern: RegExp, methods: string[] }> = []
  app.addHook('onRoute', (route) => { routes.push({ pattern: patternOf(route.url), methods: methodsOf(route) }) })
  app.decorate('allowedMethods', (url) => {
    const path = decode(url.split('?')[0] ?? '')
    return [...new Set(routes.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods))]
  })
}

/** The problem of a request without a route: `notFound`, or `methodNotAllowed` (RFC 9110 §15.5.6). */
export function toRouteProblem ({ server, url }: FastifyRequest): Problem {
  const allowed = server.allowedMethods(url).join(', ')
  return allowed === ''
    ? new Problem('notFound', 'No route has this path')
    : new Problem('methodNotAllowed', `This path accepts ${allowed}`, { headers: { allow: allowed } })
}

/** Route patterns are `:name` for a segment and `*` for the rest. */
function patternOf (url: string): RegExp {
  const source = url.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/:\w+/g, '[^/]+').replace('*', '.*')
  return new RegExp(`^${source}$`)
}

/** OPTIONS is left out: preflights are answered for every path under `/v1`, even without a route. */
function methodsOf ({ method }: RouteOptions): string[] {
  return [method].flat().filter((name) => name !== 'OPTIONS')
}

/** The router compares decoded paths, and refuses a path that cannot be decoded. */
function decode (path: string): string {
  try {
    return decodeURI(path)
  } catch {
    return path
  }
}
