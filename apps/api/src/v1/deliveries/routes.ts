import { Type } from 'typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { deliveryStates, parseId } from '@carillon/shared/db'
import { findDelivery, listDeliveries } from '@carillon/shared/deliveries'
import { findNotificationProgress } from '@carillon/shared/notifications'
import { notFound } from '../../problems/problem.ts'
import type { Services } from '../../services.ts'
import { fromCursor, toPage } from '../cursor.ts'
import { exactly, idParams, listOf, pageQuery } from '../../input/fields.ts'
import { explainedDeliveryResponse, deliveryResponse, toExplainedDeliveryResponse, toDeliveryResponse } from './response.ts'

export function deliveryRoutes ({ database, providers }: Services): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get('/notifications/:id/deliveries', {
      config: { callers: { scope: 'notifications:read' } },
      schema: {
        operationId: 'listDeliveries',
        tags: ['notifications'],
        summary: 'List the deliveries of a notification',
        params: idParams,
        querystring: exactly({ state: Type.Optional(Type.Enum(deliveryStates)), ...pageQuery }),
        response: { 200: listOf(deliveryResponse) }
      }
    }, async ({ params, query: { state, limit = 50, cursor } }) => {
      const after = fromCursor(cursor)
      const id = parseId('notification', params.id)
      const progress = id === undefined ? undefined : await findNotificationProgress(database, id)
      if (id === undefined || progress === undefined) throw notFound('notification')
      // Without this, the query would read every delivery to find none.
      if (state !== undefined && progress.counts[state] === 0) return { data: [], nextCursor: null }
      const rows = await listDeliveries(database, id, { state, limit: limit + 1, after })
      return toPage(rows, limit, ({ connectionId }) => connectionId, toDeliveryResponse)
    })

    app.get('/notifications/:id/deliveries/:connectionId', {
      config: { callers: { scope: 'notifications:read' } },
      schema: {
        operationId: 'explainDelivery',
        tags: ['notifications'],
        summary: 'Explain a delivery',
        description: 'Its state, the reason, and every attempt and wait.',
        params: Type.Object({ id: Type.String(), connectionId: Type.String() }),
        response: { 200: explainedDeliveryResponse }
      }
    }, async ({ params }) => {
      const id = parseId('notification', params.id)
      const connectionId = parseId('connection', params.connectionId)
      const delivery = id === undefined || connectionId === undefined ? undefined : await findDelivery(database, id, connectionId)
      if (delivery === undefined) throw notFound('delivery')
      return toExplainedDeliveryResponse(delivery, providers.get(delivery.provider)?.name ?? delivery.provider)
    })
  }
}
