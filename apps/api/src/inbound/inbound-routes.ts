import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import type { InboundReader, Provider } from '@carillon/shared/providers'
import { readBody } from '../input/read-body.ts'
import type { Services } from '../services.ts'
import { receiveMessage } from './receive-message.ts'

const defaultMaxBytes = 256 * 1024

/** `POST /inbound/<provider>`: the requests that providers send. Each provider verifies its own from the raw body. */
export function inboundRoutes (services: Services): FastifyPluginAsync {
  return async (app) => {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', async ({ routeOptions, headers }: FastifyRequest, payload: FastifyRequest['raw']) =>
      await readBody(payload, { maxBytes: routeOptions.bodyLimit, contentLength: headers['content-length'] }))
    for (const provider of services.providers.values()) {
      if (provider.inbound !== undefined) addRoutes(app, services, provider, provider.inbound)
    }
  }
}

function addRoutes (app: FastifyInstance, services: Services, provider: Provider, reader: InboundReader): void {
  const { callbacks, maxBytes: bodyLimit = defaultMaxBytes } = reader
  if (callbacks === undefined) addRoute(`/inbound/${provider.id}`)
  for (const callback of callbacks ?? []) {
    addRoute(`/inbound/${provider.id}/${callback}`, callback)
    // The address that earlier versions documented.
    addRoute(`/connect/${provider.id}/${callback}`, callback)
  }

  function addRoute (path: string, callback?: string): void {
    app.post(path, { bodyLimit, config: { isInbound: true }, schema: { hide: true } }, async (request, reply) => {
      return await answer(request, reply, callback === undefined ? {} : { callback })
    })
  }

  async function answer (request: FastifyRequest, reply: FastifyReply, called: { callback?: string }): Promise<FastifyReply> {
    const { status = 200, body } = await receiveMessage(services, provider, reader, {
      headers: toHeaders(request.headers),
      query: new URLSearchParams(request.url.split('?')[1] ?? ''),
      body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
      ...called
    })
    reply.code(status).header('cache-control', 'no-store')
    return typeof body === 'string' ? reply.type('text/plain; charset=utf-8').send(body) : reply.send(body)
  }
}

function toHeaders (headers: FastifyRequest['headers']): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]))
}
