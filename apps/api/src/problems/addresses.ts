import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify'
import { Problem } from './problem.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The methods that a path of this server takes; none where no route has the path. */
    allowedMethods: (url: string) => string[]
  }
}

/** Collects the paths and methods of all routes. Call it before any of them is added. */
export function collectAddresses (app: FastifyInstance): void {
  const routes: Array<{ pattern: RegExp, methods: string[] }> = []
  app.addHook('onRoute', (route) => { routes.push({ pattern: patternOf(route.url), methods: methodsOf(route) }) })
  app.decorate('allowedMethods', (url) => {
    const path = decode(url.split('?')[0] ?? '')
    return [...new Set(routes.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods))]
  })
}

/** For a request that no route takes: the path is unknown, or it takes other methods (RFC 9110 §15.5.6). */
export function noRoute ({ server, url }: FastifyRequest): Problem {
  const allowed = server.allowedMethods(url).join(', ')
  return allowed === ''
    ? new Problem('notFound', 'No route has this path')
    : new Problem('methodNotAllowed', `This path accepts ${allowed}`, { headers: { allow: allowed } })
}

/** The routes' own patterns are simple: `:name` for a segment, `*` for the rest. */
function patternOf (url: string): RegExp {
  const source = url.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/:\w+/g, '[^/]+').replace('*', '.*')
  return new RegExp(`^${source}$`)
}

/** Preflights are answered for every path under `/v1`, also for those that no route has. */
function methodsOf ({ method }: RouteOptions): string[] {
  return [method].flat().filter((name) => name !== 'OPTIONS')
}

/** The router compares decoded paths. One that cannot be decoded never gets here. */
function decode (path: string): string {
  try {
    return decodeURI(path)
  } catch {
    return path
  }
}
