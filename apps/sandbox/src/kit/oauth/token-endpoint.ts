import type { FastifyInstance, FastifyRequest } from 'fastify'
import { formOf } from '../http/parameters.ts'

type Parameters = URLSearchParams

/** An OAuth 2 token endpoint. What it refuses is thrown as an error of the service's own class. */
export interface TokenEndpoint {
  path: string
  /** Default: POST. */
  methods?: Array<'GET' | 'POST'>
  /** Default: `cache-control: no-store`. */
  headers?: Record<string, string>
  /** Default: the body as a form, or as the simulator parsed it. */
  parametersOf?: (request: FastifyRequest) => Parameters
  /** Runs before the grant type is read, for services that check the client first. */
  authenticate?: (parameters: Parameters, request: FastifyRequest) => void
  grantTypes: Record<string, (parameters: Parameters, request: FastifyRequest) => object>
  /** For requests without `grant_type`. */
  defaultGrantType?: string
  unsupported: (grantType: string) => Error
}

export function tokenEndpoint (app: FastifyInstance, endpoint: TokenEndpoint): void {
  const { path, methods = ['POST'], headers = { 'cache-control': 'no-store' }, parametersOf = formOf, authenticate, grantTypes } = endpoint
  app.route({
    method: methods,
    url: path,
    handler: async (request, reply) => {
      const parameters = parametersOf(request)
      reply.headers(headers)
      authenticate?.(parameters, request)
      const grantType = parameters.get('grant_type') ?? endpoint.defaultGrantType ?? ''
      const grant = Object.hasOwn(grantTypes, grantType) ? grantTypes[grantType] : undefined
      if (grant === undefined) throw endpoint.unsupported(grantType)
      return grant(parameters, request)
    }
  })
}
