import type { PassThrough } from 'node:stream'
import { Type } from 'typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { parseId } from '@carillon/shared/db'
import type { NotificationProgress } from '@carillon/shared/notifications'
import { notFound } from '../../problems/problem.ts'
import type { Services } from '../../services.ts'
import { idParams } from '../../input/fields.ts'
import { createProgressFeed } from '../../notifications/progress-feed.ts'
import { onceOver, openCallerStream, openSseStream, sseHeaders } from '../sse-stream.ts'
import { toProgressResponse } from './response.ts'

/** Progress as server-sent events (WHATWG HTML §9.2). */
export function progressRoutes (services: Services): FastifyPluginAsyncTypebox {
  const feed = createProgressFeed(services)
  const open = new Set<PassThrough>()

  return async (app) => {
    // Clients reconnect by themselves, so the shutdown does not wait for them.
    app.addHook('preClose', async () => { for (const stream of open) stream.end() })

    app.get('/notifications/:id/events', {
      exposeHeadRoute: false,
      config: { callers: { scope: 'notifications:read' }, problems: ['tooManyStreams'] },
      schema: {
        operationId: 'watchNotification',
        tags: ['notifications'],
        summary: 'Watch a notification',
        description: 'Its progress as server-sent events.',
        params: idParams,
        headers: Type.Object({
          'last-event-id': Type.Optional(Type.String({ description: 'The last event that you received. It is not sent again' }))
        }),
        response: {
          200: {
            description: 'Events of the type `progress`, at most one per second: `status`, `deliveries`, `counts` and `progress` as JSON. The stream ends after the last event',
            content: { 'text/event-stream': { schema: Type.Unsafe<PassThrough>(Type.String()) } }
          },
          204: Type.Null({ description: 'You have received the last event. Do not reconnect' })
        }
      }
    }, async (request, reply) => {
      const id = parseId('notification', request.params.id)
      const progress = id === undefined ? undefined : await feed.read(id)
      if (id === undefined || progress === undefined) throw notFound('notification')
      const seen = request.headers['last-event-id']
      // A browser reconnects after the end of a stream, unless the response is a 204.
      if (progress.isOver && progress.version === seen) return reply.code(204).send(null)

      const stream = openCallerStream(app, request, reply.raw, () => openStream(id, progress, seen))
      reply.type('text/event-stream').headers(sseHeaders)
      return await reply.send(stream)
    })
  }

  function openStream (id: string, first: NotificationProgress, seen: string | undefined): PassThrough {
    const stream = openSseStream()
    let sent = seen === first.version ? dataOf(first) : undefined
    const stopWatching = feed.watch(id, sendProgress)
    open.add(stream)
    onceOver(stream, () => {
      stopWatching()
      open.delete(stream)
    })
    sendProgress(first)
    return stream

    function sendProgress (progress: NotificationProgress): void {
      const data = dataOf(progress)
      // A slow client skips events: each event has the whole progress.
      if (data === sent || stream.writableNeedDrain || stream.writableEnded) return
      sent = data
      stream.write(`event: progress\nid: ${progress.version}\ndata: ${data}\n\n`)
      if (progress.isOver) stream.end()
    }
  }
}

function dataOf (progress: NotificationProgress): string {
  return JSON.stringify(toProgressResponse(progress))
}
