import { Type } from 'typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { findConnection } from '@carillon/shared/connections'
import { parseId } from '@carillon/shared/db'
import type { StreamedResponse } from '@carillon/http'
import { problemResponse } from '../../problems/problem-schema.ts'
import { notFound } from '../../problems/problem.ts'
import { costs } from '../../rate-limits/costs.ts'
import type { Services } from '../../services.ts'
import { forward } from '../../proxy/forward.ts'
import { readForwardedBody } from '../../proxy/forwarded-body.ts'
import { responseHeaders, requestHeaders } from '../../proxy/forwarded-headers.ts'
import { forwardedPath } from '../../proxy/forwarded-path.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** @fastify/cors knows it; its types do not. */
    cors?: false
    /** Whether unknown headers of a request go to the provider. */
    forwardsHeaders?: true
  }
}

const anyContent = { '*/*': { schema: Type.Unsafe<unknown>({}) } }
const providerResponse = { description: "The provider's response, unchanged", content: anyContent }
const eitherResponse = {
  description: `${problemResponse.description}. Or the provider's response, unchanged`, content: { ...problemResponse.content, ...anyContent }
}

const problems = [
  'connectionClosed', 'notForwarded', 'needsReauth', 'tooManyRequests', 'providerUnavailable', 'providerTimeout', 'bodyTooLarge', 'requestTimeout'
] as const

/** HEAD comes first, so that the route for GET does not add its own. */
const methods = ['HEAD', 'GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const

/** Forwards requests to the provider with the credentials of a connection. The credentials never reach the caller. */
export function proxyRoutes (services: Services): FastifyPluginAsyncTypebox {
  return async (app) => {
    // Bodies of any type are forwarded unchanged.
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', (_request, _payload, done) => { done(null) })

    for (const method of methods) {
      app.route({
        method,
        url: '/connections/:id/proxy/*',
        exposeHeadRoute: false,
        // Browsers have no API key, so there are no preflights: OPTIONS is forwarded like other methods.
        config: { cost: costs.outgoing, callers: { scope: 'connections:proxy' }, cors: false, forwardsHeaders: true, problems },
        schema: {
          operationId: `proxy${method.charAt(0)}${method.slice(1).toLowerCase()}`,
          tags: ['connections'],
          summary: `Forward ${method} to the provider`,
          description: 'Sends the request with the credentials of the connection, which the response does not reveal.',
          params: Type.Object({ id: Type.String(), '*': Type.String({ description: 'The path at the provider. The query is forwarded too' }) }),
          response: { '2XX': providerResponse, '3XX': providerResponse, '4XX': eitherResponse, '5XX': eitherResponse }
        },
        handler: handle
      })
    }
  }

  async function handle (request: FastifyRequest<{ Params: { id: string } }>, reply: FastifyReply): Promise<FastifyReply> {
    const id = parseId('connection', request.params.id)
    if (id === undefined || await findConnection(services.database, id) === undefined) throw notFound('connection')
    return await pass(id, request, reply)
  }

  async function pass (id: string, { raw, headers, method }: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const path = forwardedPath(raw.url ?? '')
    // When the caller closes the connection, the request to the provider is aborted.
    const left = new AbortController()
    if (reply.raw.closed) left.abort()
    reply.raw.on('close', () => { left.abort() })
    const answer = await ask().finally(() => {
      // The rest of a body that is not read any more would keep the connection from its next request. Not a header, which
      // sendProblem removes.
      if (!raw.complete) reply.raw.shouldKeepAlive = false
    })
    return reply.code(answer.status).headers(responseHeaders(answer.headers)).send(answer.body)

    async function ask (): Promise<StreamedResponse> {
      const body = await readForwardedBody(raw)
      return await forward(services, id, { method, path, headers: requestHeaders(headers), body }, left.signal)
    }
  }
}
