import { Type } from 'typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { deliveryStates, parseId } from '@carillon/shared/db'
import { findDelivery, listDeliveries, listUserDeliveries } from '@carillon/shared/deliveries'
import { findNotificationProgress } from '@carillon/shared/notifications'
import { findUserSummary } from '@carillon/shared/users'
import { notFound } from '../../problems/problem.ts'
import type { Services } from '../../services.ts'
import { fromCursor, fromPairCursor, toCursor, toPage } from '../cursor.ts'
import { exactly, idParams, listOf, pageQuery, providerField, userIdField } from '../../input/fields.ts'
import { userParams } from '../users/schema.ts'
import { explainedDeliveryResponse, deliveryResponse, toExplainedDeliveryResponse, toDeliveryResponse } from './response.ts'

const filter = { state: Type.Optional(Type.Enum(deliveryStates)), provider: Type.Optional(providerField) }

export function deliveryRoutes ({ database, providers }: Services): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get('/notifications/:id/deliveries', {
      config: { callers: { scope: 'notifications:read' } },
      schema: {
        operationId: 'listDeliveries',
        tags: ['notifications'],
        summary: 'List the deliveries of a notification',
        params: idParams,
        querystring: exactly({ userId: Type.Optional(userIdField), ...filter, ...pageQuery }),
        response: { 200: listOf(deliveryResponse) }
      }
    }, async ({ params, query: { userId, state, provider, limit = 50, cursor } }) => {
      const after = fromCursor(cursor)
      const id = parseId('notification', params.id)
      const progress = id === undefined ? undefined : await findNotificationProgress(database, id)
      if (id === undefined || progress === undefined) throw notFound('notification')
      // Without this, the query would read every delivery to find none.
      const counted = progress.progress.filter((one) => provider === undefined || one.provider === provider)
      if (counted.every(({ counts }) => sum(state === undefined ? Object.values(counts) : [counts[state]]) === 0)) {
        return { data: [], nextCursor: null }
      }
      const rows = await listDeliveries(database, id, { userId, state, provider, limit: limit + 1, after })
      return toPage(rows, limit, ({ connectionId }) => toCursor(connectionId), toDeliveryResponse)
    })

    app.get('/users/:userId/deliveries', {
      config: { callers: { scope: 'notifications:read' } },
      schema: {
        operationId: 'listUserDeliveries',
        tags: ['users'],
        summary: 'List the deliveries to a user',
        description: "Lists the user's deliveries across notifications, newest notification first.",
        params: userParams,
        querystring: exactly({ ...filter, ...pageQuery }),
        response: { 200: listOf(deliveryResponse) }
      }
    }, async ({ params: { userId }, query: { state, provider, limit = 50, cursor } }) => {
      const [notificationId, connectionId] = fromPairCursor(cursor) ?? []
      const after = notificationId === undefined || connectionId === undefined ? undefined : { notificationId, connectionId }
      const rows = await listUserDeliveries(database, userId, { state, provider, limit: limit + 1, after })
      if (rows.length === 0 && await findUserSummary(database, userId) === undefined) throw notFound('user')
      return toPage(rows, limit, (row) => toCursor(row.notificationId, row.connectionId), toDeliveryResponse)
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

function sum (numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
