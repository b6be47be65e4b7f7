import type { RouteOptions } from 'fastify'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a request costs of its caller's rate limit, instead of its method's cost. A request that costs 0 has no limit. */
    cost?: number
  }
}

export const costs = {
  read: 1,
  change: 2,
  /** The request makes requests to a provider. */
  outgoing: 10,
  /** The request contains many items. */
  bulk: 20
} as const

/** The cost of a request to a route. Preflights are free: browsers cannot show why one was refused. */
export function costOf ({ method, config }: Pick<RouteOptions, 'method' | 'config'>): number {
  if (config?.cost !== undefined) return config.cost
  switch ([method].flat()[0]) {
    case 'OPTIONS': return 0
    case 'GET': case 'HEAD': return costs.read
    default: return costs.change
  }
}
