import { PassThrough } from 'node:stream'
import { Type } from 'typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { parseId } from '@carillon/shared/db'
import type { Standing } from '@carillon/shared/notifications'
import { notFound } from '../../problems/problem.ts'
import type { Services } from '../../services.ts'
import { idParams } from '../fields.ts'
import { createProgressFeed } from '../../notifications/progress-feed.ts'
import { toShownProgress } from './response.ts'

/** Proxies and browsers give up on a connection that is silent for about a minute. */
const heartbeatMs = 15_000
const retryMs = 2_000

/** Progress as server-sent events (WHATWG HTML §9.2). */
export function eventRoutes (services: Services): FastifyPluginAsyncTypebox {
  const feed = createProgressFeed(services)
  const open = new Set<PassThrough>()

  return async (app) => {
    // Watchers come back by themselves; whoever closes the server must not wait for them.
    app.addHook('preClose', async () => { for (const stream of open) stream.end() })

    app.get('/notifications/:id/events', {
      exposeHeadRoute: false,
      config: { callers: { scope: 'notifications:read' } },
      schema: {
        operationId: 'watchNotification',
        tags: ['notifications'],
        summary: 'How far a notification gets, as it happens: server-sent events',
        params: idParams,
        headers: Type.Object({
          'last-event-id': Type.Optional(Type.String({ description: 'What you have seen is not sent again; 204 when that was the end' }))
        }),
        response: {
          200: {
            description: 'Events `progress`, one a second at most: `status`, `deliveries`, `counts` and `progress` as JSON. Ends after the last',
            content: { 'text/event-stream': { schema: Type.Unsafe<PassThrough>(Type.String()) } }
          },
          204: Type.Null({ description: 'There is nothing new, and never will be: do not come back' })
        }
      }
    }, async (request, reply) => {
      const id = parseId('notification', request.params.id)
      const standing = id === undefined ? undefined : await feed.read(id)
      if (id === undefined || standing === undefined) throw notFound('notification')
      const seen = request.headers['last-event-id']
      // A browser comes back to a stream that ends, unless it is told 204.
      if (standing.isOver && standing.version === seen) return reply.code(204).send(null)

      const stream = openStream(id, standing, seen)
      const stopWatching = app.watchCaller(request, () => { stream.end() })
      reply.raw.on('close', () => {
        stopWatching()
        stream.destroy()
      })
      reply.type('text/event-stream').headers({
        'cache-control': 'no-cache, no-store, no-transform',
        'x-accel-buffering': 'no',
        // Kept alive after its end, it would be found idle too late by a server that closes.
        connection: 'close'
      })
      return await reply.send(stream)
    })
  }

  function openStream (id: string, first: Standing, seen: string | undefined): PassThrough {
    const stream = new PassThrough()
    let sent = seen === first.version ? dataOf(first) : undefined
    const stopWatching = feed.watch(id, tell)
    const heartbeat = setInterval(() => {
      // Whoever has taken nothing for so long is not there any more.
      if (stream.writableNeedDrain) stream.destroy()
      else stream.write(':\n\n')
    }, heartbeatMs)
    open.add(stream)
    for (const event of ['finish', 'close']) stream.once(event, stop)
    stream.write(`retry: ${retryMs}\n\n`)
    tell(first)
    return stream

    function tell (standing: Standing): void {
      const data = dataOf(standing)
      // A slow reader is spared what is between: the next event tells all.
      if (data === sent || stream.writableNeedDrain || stream.writableEnded) return
      sent = data
      stream.write(`event: progress\nid: ${standing.version}\ndata: ${data}\n\n`)
      if (standing.isOver) stream.end()
    }

    function stop (): void {
      clearInterval(heartbeat)
      stopWatching()
      open.delete(stream)
    }
  }
}

function dataOf (standing: Standing): string {
  return JSON.stringify(toShownProgress(standing))
}
