import type { PassThrough } from 'node:stream'
import { Type } from 'typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { assignPositions, findPosition, watchEvents } from '@carillon/shared/events'
import type { Services } from '../../services.ts'
import { onceOver, openCallerStream, sseHeaders } from '../sse-stream.ts'
import { openEventStream } from './open-event-stream.ts'
import { parseEventId } from './parse-event-id.ts'
import { eventStreamQuery } from './schema.ts'

/** Events as server-sent events (WHATWG HTML §9.2). */
export function eventStreamRoutes ({ database, log }: Services): FastifyPluginAsyncTypebox {
  const watch = watchEvents({ database, log }, () => assignPositions(database))
  const open = new Set<PassThrough>()

  return async (app) => {
    // Clients reconnect by themselves, so the shutdown does not wait for them.
    app.addHook('preClose', async () => {
      for (const stream of open) stream.end()
      watch.close()
    })

    app.get('/events/stream', {
      exposeHeadRoute: false,
      config: { callers: { scope: 'notifications:read' }, problems: ['tooManyStreams'] },
      schema: {
        operationId: 'watchEvents',
        tags: ['events'],
        summary: 'Watch events',
        description: 'New events as server-sent events.',
        querystring: eventStreamQuery,
        headers: Type.Object({
          'last-event-id': Type.Optional(Type.String({ description: 'The last event that you received. The stream continues after it. Without it, the stream starts with the next event' }))
        }),
        response: {
          200: {
            description: 'Each event has its type as `event`, its id as `id`, and the event as JSON in `data`. The stream does not end',
            content: { 'text/event-stream': { schema: Type.Unsafe<PassThrough>(Type.String()) } }
          }
        }
      }
    }, async (request, reply) => {
      const { type, userId } = request.query
      const seen = request.headers['last-event-id']
      const after = seen === undefined
        ? await assignPositions(database)
        : await findPosition(database, parseEventId('last-event-id', seen))
      const filter = { after, types: type === undefined ? undefined : [type], userId }
      const stream = openCallerStream(app, request, reply.raw, () => openEventStream({ database, watch, log }, filter))
      open.add(stream)
      onceOver(stream, () => { open.delete(stream) })
      reply.type('text/event-stream').headers(sseHeaders)
      return await reply.send(stream)
    })
  }
}
