import { Type } from 'typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { findConnection } from '@carillon/shared/connections'
import { parseId } from '@carillon/shared/db'
import type { StreamedAnswer } from '@carillon/shared/http'
import { problemResponse } from '../../problems/problem-schema.ts'
import { notFound } from '../../problems/problem.ts'
import type { Services } from '../../services.ts'
import { forward } from '../../proxy/forward.ts'
import { readForwardedBody } from '../../proxy/forwarded-body.ts'
import { answerHeaders, requestHeaders } from '../../proxy/forwarded-headers.ts'
import { forwardedPath } from '../../proxy/forwarded-path.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** @fastify/cors knows it; its types do not. */
    cors?: false
    /** A header that we do not know goes to the provider. */
    forwardsHeaders?: true
  }
}

const anyContent = { '*/*': { schema: Type.Unsafe<unknown>({}) } }
const providerResponse = { description: "The provider's response, as it is", content: anyContent }
const eitherResponse = {
  description: `${problemResponse.description}. Or the provider's response, as it is`, content: { ...problemResponse.content, ...anyContent }
}

/** HEAD comes first, so that GET does not bring one of its own. */
const methods = ['HEAD', 'GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const

/** Requests to the provider in a user's name: the caller says what, Carillon adds the token, which never leaves it. */
export function proxyRoutes (services: Services): FastifyPluginAsyncTypebox {
  return async (app) => {
    // Bodies of any type are passed on as they come.
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', (_request, _payload, done) => { done(null) })

    for (const method of methods) {
      app.route({
        method,
        url: '/connections/:id/proxy/*',
        exposeHeadRoute: false,
        // No browser has a key, so there are no preflights: OPTIONS is a question to the provider like any other.
        config: { callers: { scope: 'connections:proxy' }, cors: false, forwardsHeaders: true },
        schema: {
          operationId: `proxy${method.charAt(0)}${method.slice(1).toLowerCase()}`,
          tags: ['connections'],
          summary: `${method} from the provider, in the user's name: its answer, whatever it is, comes back`,
          params: Type.Object({ id: Type.String(), '*': Type.String({ description: 'The path at the provider; the query goes there too' }) }),
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
    // Whoever asked may leave; then nobody waits for the provider either.
    const left = new AbortController()
    if (reply.raw.closed) left.abort()
    reply.raw.on('close', () => { left.abort() })
    const answer = await ask().finally(() => {
      // The rest of a body that is not read any more would keep the connection from its next request. Not a header, which
      // sendProblem removes.
      if (!raw.complete) reply.raw.shouldKeepAlive = false
    })
    return reply.code(answer.status).headers(answerHeaders(answer.headers)).send(answer.body)

    async function ask (): Promise<StreamedAnswer> {
      const body = await readForwardedBody(raw)
      return await forward(services, id, { method, path, headers: requestHeaders(headers), body }, left.signal)
    }
  }
}
