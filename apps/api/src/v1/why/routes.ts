import { Type } from 'typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { parseId } from '@carillon/shared/db'
import { findRecipient, findUserActivity, findUserConnections } from '@carillon/shared/recipients'
import { requireScope } from '../../auth/callers.ts'
import { exactly, idParams, userIdField } from '../../input/fields.ts'
import { notFound } from '../../problems/problem.ts'
import type { Services } from '../../services.ts'
import { explainConnection } from '../../why/explain-connection.ts'
import { explainRecipient } from '../../why/explain-recipient.ts'
import { explainUser } from '../../why/explain-user.ts'
import type { ExplainContext } from '../../why/explanation.ts'
import {
  recipientExplanationResponse, toRecipientExplanationResponse, toUserExplanationResponse, userExplanationResponse
} from './response.ts'

/** How many notifications the explanation of a user contains. */
const maxRecent = 5

export function whyRoutes ({ database, providers, now }: Services): FastifyPluginAsyncTypebox {
  const context: ExplainContext = {
    nameOf: (provider) => providers.get(provider)?.name ?? provider,
    isOffered: (provider) => providers.get(provider)?.send !== undefined,
    now
  }
  return async (app) => {
    app.get('/notifications/:id/why', {
      config: { callers: { scope: 'notifications:read' } },
      schema: {
        operationId: 'explainRecipient',
        tags: ['notifications'],
        summary: 'Explain whether a user got a notification',
        description: 'Returns why the user did or did not get it, and the next step. The user and the notification may be any. The API key also needs `connections:read`.',
        params: idParams,
        querystring: exactly({ userId: userIdField }),
        response: { 200: recipientExplanationResponse }
      }
    }, async (request) => {
      requireScope(request, 'connections:read')
      const { params, query: { userId } } = request
      const id = parseId('notification', params.id)
      const recipient = id === undefined ? undefined : await findRecipient(database, id, userId)
      if (recipient === undefined) throw notFound('notification')
      return toRecipientExplanationResponse(recipient, explainRecipient(recipient, context))
    })

    app.get('/users/:userId/why', {
      config: { callers: { scope: 'notifications:read' } },
      schema: {
        operationId: 'explainUser',
        tags: ['users'],
        summary: 'Explain what a user can receive',
        description: "Explains the state of each of the user's connections, and of the last notifications that were addressed to the user. " +
          'The API key also needs `connections:read`.',
        params: Type.Object({ userId: userIdField }),
        response: { 200: userExplanationResponse }
      }
    }, async (request) => {
      requireScope(request, 'connections:read')
      const { params: { userId } } = request
      const [{ isKnown, notificationIds, onlyDeliveredBefore }, found] = await Promise.all([
        findUserActivity(database, userId, maxRecent), findUserConnections(database, userId)
      ])
      const recipients = await Promise.all(notificationIds.map((id) => findRecipient(database, id, userId)))
      const notifications = recipients.flatMap((recipient) =>
        recipient === undefined ? [] : [{ recipient, result: explainRecipient(recipient, context) }])
      const connections = found.map((connection) => ({ connection, ...explainConnection(connection, userId, context) }))
      return toUserExplanationResponse({
        userId, isKnown, ...explainUser(userId, isKnown, found), connections, notifications, onlyDeliveredBefore
      })
    })
  }
}
