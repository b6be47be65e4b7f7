import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'

/** Collects the OpenAPI document from the routes' schemas. Call it before any of them is added. */
export async function describeApi (app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Carillon',
        version: '1',
        description: 'Connects the accounts of a site\'s users, and rings them. Errors are RFC 9457 problems.'
      },
      servers: [{ url: '/' }],
      components: {
        securitySchemes: {
          apiKey: { type: 'http', scheme: 'bearer', description: 'An API key, `ck_…`, with the scope that the call names' },
          userToken: { type: 'http', scheme: 'bearer', description: 'A token of POST /v1/user-tokens, for one user' }
        }
      }
    }
  })
}
