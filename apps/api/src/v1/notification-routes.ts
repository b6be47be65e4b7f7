import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { parseId } from '@carillon/shared/db'
import { findNotification, listNotifications } from '@carillon/shared/notifications'
import { callingKey } from '../auth/callers.ts'
import { notFound } from '../problems/problem.ts'
import type { Services } from '../services.ts'
import { fromCursor, toPage } from './cursor.ts'
import { exactly, idParams, listOf, pageQuery } from './fields.ts'
import { fresh, newNotification, toDraft } from './new-notification.ts'
import { shownNotification, toShownNotification } from './shown-notification.ts'

/** A file of 8 MiB in base64, ten thousand users of the longest ids, and room for the rest. */
const bodyLimit = 16 * 1024 * 1024

export function notificationRoutes ({ accepter, database, now, providers }: Services): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.post('/notifications', {
      bodyLimit,
      config: { callers: { scope: 'notifications:write' } },
      schema: {
        operationId: 'createNotification',
        tags: ['notifications'],
        summary: 'Ring users through every connection that they have',
        body: newNotification,
        response: { 202: shownNotification }
      }
    }, async (request, reply) => {
      const draft = toDraft(request.body, { now: now(), known: (id) => providers.has(id), createdBy: callingKey(request)?.id })
      const shown = toShownNotification(fresh(draft, await accepter.accept(draft), now()))
      reply.code(202).header('location', `/v1/notifications/${shown.id}`)
      return shown
    })

    app.get('/notifications', {
      config: { callers: { scope: 'notifications:read' } },
      schema: {
        operationId: 'listNotifications',
        tags: ['notifications'],
        summary: 'All notifications, newest first',
        querystring: exactly(pageQuery),
        response: { 200: listOf(shownNotification) }
      }
    }, async ({ query: { limit = 50, cursor } }) => {
      const rows = await listNotifications(database, { limit: limit + 1, before: fromCursor(cursor) })
      return toPage(rows, limit, ({ id }) => id, toShownNotification)
    })

    app.get('/notifications/:id', {
      config: { callers: { scope: 'notifications:read' } },
      schema: {
        operationId: 'getNotification',
        tags: ['notifications'],
        summary: 'One notification, and how far it has got',
        params: idParams,
        response: { 200: shownNotification }
      }
    }, async ({ params }) => {
      const id = parseId('notification', params.id)
      const notification = id === undefined ? undefined : await findNotification(database, id)
      if (notification === undefined) throw notFound('notification')
      return toShownNotification(notification)
    })
  }
}
