import { Type } from 'typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { deliveryStates, parseId } from '@carillon/shared/db'
import { findDelivery, listDeliveries } from '@carillon/shared/deliveries'
import { findStanding } from '@carillon/shared/notifications'
import { notFound } from '../../problems/problem.ts'
import type { Services } from '../../services.ts'
import { fromCursor, toPage } from '../cursor.ts'
import { exactly, idParams, listOf, pageQuery } from '../fields.ts'
import { explainedDelivery, shownDelivery, toExplainedDelivery, toShownDelivery } from './response.ts'

export function deliveryRoutes ({ database, providers }: Services): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get('/notifications/:id/deliveries', {
      config: { callers: { scope: 'notifications:read' } },
      schema: {
        operationId: 'listDeliveries',
        tags: ['notifications'],
        summary: 'What became of a notification, connection by connection',
        params: idParams,
        querystring: exactly({ state: Type.Optional(Type.Enum(deliveryStates)), ...pageQuery }),
        response: { 200: listOf(shownDelivery) }
      }
    }, async ({ params, query: { state, limit = 50, cursor } }) => {
      const after = fromCursor(cursor)
      const id = parseId('notification', params.id)
      const standing = id === undefined ? undefined : await findStanding(database, id)
      if (id === undefined || standing === undefined) throw notFound('notification')
      // Looking for what is not there would take a look at every delivery.
      if (state !== undefined && standing.counts[state] === 0) return { data: [], nextCursor: null }
      const rows = await listDeliveries(database, id, { state, limit: limit + 1, after })
      return toPage(rows, limit, ({ connectionId }) => connectionId, toShownDelivery)
    })

    app.get('/notifications/:id/deliveries/:connectionId', {
      config: { callers: { scope: 'notifications:read' } },
      schema: {
        operationId: 'explainDelivery',
        tags: ['notifications'],
        summary: 'One delivery, explained: every wait and attempt, and why it is where it is',
        params: Type.Object({ id: Type.String(), connectionId: Type.String() }),
        response: { 200: explainedDelivery }
      }
    }, async ({ params }) => {
      const id = parseId('notification', params.id)
      const connectionId = parseId('connection', params.connectionId)
      const delivery = id === undefined || connectionId === undefined ? undefined : await findDelivery(database, id, connectionId)
      if (delivery === undefined) throw notFound('delivery')
      return toExplainedDelivery(delivery, providers.get(delivery.provider)?.name ?? delivery.provider)
    })
  }
}
