import { Type } from 'typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { idAfter, parseId, publicId } from '@carillon/shared/db'
import { findNotificationProgress, listNotifications, listUnreachable, maxNamed, notificationStatuses } from '@carillon/shared/notifications'
import { callingKey } from '../../auth/callers.ts'
import { notFound, assertNoInputErrors } from '../../problems/problem.ts'
import { publicPath } from '../../public-path.ts'
import { costs } from '../../rate-limits/costs.ts'
import type { Services } from '../../services.ts'
import { acceptOnce } from '../../notifications/accept-once.ts'
import { assertAudienceSize } from '../../notifications/assert-audience-size.ts'
import { createBackpressure } from '../../notifications/backpressure.ts'
import { batchErrors, notificationErrors } from '../../notifications/input-errors.ts'
import { requireNotification } from '../../notifications/require-notification.ts'
import { toDraft } from '../../notifications/to-draft.ts'
import { fromCursor, toCursor, toPage } from '../cursor.ts'
import { exactly, idParams, listOf, pageQuery, userIdField } from '../../input/fields.ts'
import { fromPositionCursor, toPositionCursor } from '../position-cursor.ts'
import { requireBroadcast } from './require-broadcast.ts'
import { notificationResponse, unreachableResponse, toNotificationResponse } from './response.ts'
import { notificationBatchBody, notificationBody, notificationBodyLimit as bodyLimit } from './schema.ts'

export function notificationRoutes (services: Services): FastifyPluginAsyncTypebox {
  const { database, now, queues, site } = services
  const backpressure = createBackpressure(services)
  const known = (provider: string): boolean => queues.deliver.has(provider)

  return async (app) => {
    app.addHook('onClose', async () => backpressure.close())

    app.post('/notifications', {
      bodyLimit,
      config: { callers: { scope: 'notifications:write', confirmsKey: true }, problems: ['busy'], exactNumbers: true },
      onRequest: backpressure.refuseWhenBusy,
      schema: {
        operationId: 'createNotification',
        tags: ['notifications'],
        summary: 'Send a notification',
        body: notificationBody,
        response: { 202: notificationResponse }
      }
    }, async (request, reply) => {
      assertNoInputErrors(notificationErrors(request.body, { now: now(), known }))
      requireBroadcast(request, [request.body.audience])
      await assertAudienceSize(services, [request.body.audience], 'audience')
      const key = callingKey(request)
      const draft = toDraft(request.body, key, request.keyClaim?.resourceId)
      const readKey = () => app.readCallingKey(request)
      const accepted = await acceptOnce(services, [draft], { named: maxNamed.detail, key, readKey })
      reply.code(202).header('location', `${publicPath(site)}/v1/notifications/${publicId('notification', draft.id)}`)
      return accepted.map(toNotificationResponse)[0]
    })

    app.post('/notifications/batch', {
      bodyLimit,
      config: { cost: costs.bulk, callers: { scope: 'notifications:write', confirmsKey: true }, problems: ['busy'], exactNumbers: true },
      onRequest: backpressure.refuseWhenBusy,
      schema: {
        operationId: 'createNotifications',
        tags: ['notifications'],
        summary: 'Send a batch of notifications',
        description: 'Up to 1,000, all of them or none.',
        body: notificationBatchBody,
        response: { 202: Type.Object({ data: Type.Array(notificationResponse, { description: 'In the order of the request' }) }, { title: 'NotificationBatch' }) }
      }
    }, async (request, reply) => {
      const { notifications } = request.body
      assertNoInputErrors(batchErrors(notifications, { now: now(), known }))
      const audiences = notifications.map(({ audience }) => audience)
      requireBroadcast(request, audiences)
      await assertAudienceSize(services, audiences, 'notifications')
      const { keyClaim } = request
      const key = callingKey(request)
      const drafts = notifications.map((one, index) =>
        toDraft(one, key, keyClaim === null ? undefined : idAfter(keyClaim.resourceId, index)))
      const readKey = () => app.readCallingKey(request)
      const accepted = await acceptOnce(services, drafts, { named: maxNamed.list, key, readKey })
      reply.code(202)
      return { data: accepted.map(toNotificationResponse) }
    })

    app.get('/notifications', {
      config: { callers: { scope: 'notifications:read' } },
      schema: {
        operationId: 'listNotifications',
        tags: ['notifications'],
        summary: 'List notifications',
        description: 'The newest is first. With `status`, a page may have fewer entries than `limit`: continue until `nextCursor` is null.',
        querystring: exactly({
          userId: Type.Optional(Type.String({ ...userIdField, description: 'Your id of a user: only notifications with a delivery to this user' })),
          status: Type.Optional(Type.Enum(notificationStatuses)),
          ...pageQuery
        }),
        response: { 200: listOf(notificationResponse) }
      }
    }, async ({ query: { userId, status, limit = 50, cursor } }) => {
      const { notifications, next } = await listNotifications(database, { userId, status }, { limit, before: fromCursor(cursor) })
      return { data: notifications.map(toNotificationResponse), nextCursor: next === null ? null : toCursor(next) }
    })

    app.get('/notifications/:id', {
      config: { callers: { scope: 'notifications:read' } },
      schema: {
        operationId: 'getNotification',
        tags: ['notifications'],
        summary: 'Retrieve a notification',
        description: 'The response contains its progress.',
        params: idParams,
        response: { 200: notificationResponse }
      }
    }, async ({ params }) => toNotificationResponse(await requireNotification(services, params.id)))

    app.get('/notifications/:id/unreachable', {
      config: { callers: { scope: 'notifications:read' } },
      schema: {
        operationId: 'listUnreachable',
        tags: ['notifications'],
        summary: 'List unreachable recipients',
        description: 'The users and teams that the notification could not reach when it was accepted.',
        params: idParams,
        querystring: exactly(pageQuery),
        response: { 200: listOf(unreachableResponse) }
      }
    }, async ({ params, query: { limit = 50, cursor } }) => {
      const after = fromPositionCursor(cursor)
      const id = parseId('notification', params.id)
      const progress = id === undefined ? undefined : await findNotificationProgress(database, id)
      if (id === undefined || progress === undefined) throw notFound('notification')
      const rows = await listUnreachable(database, id, { limit: limit + 1, after })
      return toPage(rows, limit, ({ position }) => toPositionCursor(position), ({ entry }) => entry)
    })
  }
}
