import { Type } from 'typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { parseId } from '@carillon/shared/db'
import { findStanding, listNotifications, listUnreachable, maxNamed, RevokedKeyError } from '@carillon/shared/notifications'
import { callingKey, refuseKey } from '../../auth/callers.ts'
import { notFound, refuseFaults } from '../../problems/problem.ts'
import { publicPath } from '../../public-path.ts'
import type { Services } from '../../services.ts'
import { createBackpressure } from '../../notifications/backpressure.ts'
import { fromCursor, toPage } from '../cursor.ts'
import { exactly, idParams, listOf, pageQuery } from '../fields.ts'
import { faultsOf, fresh, newNotification, toDraft } from './new-notification.ts'
import { batchFaults, newNotifications } from './new-notifications.ts'
import { fromPositionCursor, toPositionCursor } from '../position-cursor.ts'
import { refuseCrowds } from '../../notifications/assert-audience-size.ts'
import { requireBroadcast } from './require-broadcast.ts'
import { requireNotification } from './require-notification.ts'
import { shownNotification, shownUnreachable, toShownNotification } from './response.ts'

/** A file of 8 MiB in base64, ten thousand users of the longest ids, and room for the rest. */
const bodyLimit = 16 * 1024 * 1024

export function notificationRoutes (services: Services): FastifyPluginAsyncTypebox {
  const { accepter, database, now, queues, site } = services
  const backpressure = createBackpressure(services)
  const known = (provider: string): boolean => queues.deliver.has(provider)

  return async (app) => {
    app.addHook('onClose', async () => backpressure.close())

    app.post('/notifications', {
      bodyLimit,
      config: { callers: { scope: 'notifications:write', confirmsKey: true }, exactNumbers: true },
      onRequest: backpressure.refuseWhenBusy,
      schema: {
        operationId: 'createNotification',
        tags: ['notifications'],
        summary: 'Ring users through every connection that they have',
        body: newNotification,
        response: { 202: shownNotification }
      }
    }, async (request, reply) => {
      refuseFaults(faultsOf(request.body, { now: now(), known }))
      requireBroadcast(request, [request.body.audience])
      await refuseCrowds(services, [request.body.audience], 'audience')
      const draft = toDraft(request.body, callingKey(request)?.id)
      const shown = toShownNotification(fresh(draft, await accepter.accept(draft).catch(refuseRevoked), now()))
      reply.code(202).header('location', `${publicPath(site)}/v1/notifications/${shown.id}`)
      return shown
    })

    app.post('/notifications/batch', {
      bodyLimit,
      config: { callers: { scope: 'notifications:write', confirmsKey: true }, exactNumbers: true },
      onRequest: backpressure.refuseWhenBusy,
      schema: {
        operationId: 'createNotifications',
        tags: ['notifications'],
        summary: 'Make up to a thousand notifications, all of them or none',
        body: newNotifications,
        response: { 202: Type.Object({ data: Type.Array(shownNotification, { description: 'In the order they were asked for' }) }) }
      }
    }, async (request, reply) => {
      const { notifications } = request.body
      refuseFaults(batchFaults(notifications, { now: now(), known }))
      const audiences = notifications.map(({ audience }) => audience)
      requireBroadcast(request, audiences)
      await refuseCrowds(services, audiences, 'notifications')
      const drafts = notifications.map((one) => toDraft(one, callingKey(request)?.id))
      const accepted = await accepter.acceptAll(drafts).catch(refuseRevoked)
      const at = now()
      reply.code(202)
      return {
        data: drafts.flatMap((draft, index) => {
          const one = accepted[index]
          return one === undefined ? [] : [toShownNotification(fresh(draft, one, at, maxNamed.list))]
        })
      }
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
    }, async ({ params }) => toShownNotification(await requireNotification(services, params.id)))

    app.get('/notifications/:id/unreachable', {
      config: { callers: { scope: 'notifications:read' } },
      schema: {
        operationId: 'listUnreachable',
        tags: ['notifications'],
        summary: 'Everybody whom a notification could not reach when it was accepted',
        params: idParams,
        querystring: exactly(pageQuery),
        response: { 200: listOf(shownUnreachable) }
      }
    }, async ({ params, query: { limit = 50, cursor } }) => {
      const after = fromPositionCursor(cursor)
      const id = parseId('notification', params.id)
      const standing = id === undefined ? undefined : await findStanding(database, id)
      if (id === undefined || standing === undefined) throw notFound('notification')
      const rows = await listUnreachable(database, id, { limit: limit + 1, after })
      const shown = rows.slice(0, limit)
      const last = shown.at(-1)
      return {
        data: shown.map(({ entry }) => entry),
        nextCursor: rows.length > limit && last !== undefined ? toPositionCursor(last.position) : null
      }
    })
  }
}

function refuseRevoked (error: unknown): never {
  throw error instanceof RevokedKeyError ? refuseKey() : error
}
