import { Type } from 'typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { listConnections } from '@carillon/shared/connections'
import { requireUser } from '../auth/callers.ts'
import { handshakeKinds, kindsOf } from '../connect/kinds.ts'
import type { Services } from '../services.ts'
import { shownConnection, toShownConnection } from './shown-connection.ts'
import { nullable } from './fields.ts'

const shownConnector = Type.Object({
  provider: Type.String(),
  name: Type.String(),
  kinds: Type.Array(Type.Enum(handshakeKinds), { description: 'The kinds of handshake it takes; the first is what people expect' }),
  needsAccount: Type.Boolean({ description: 'Whether a handshake needs an `account`, such as `nick@host`' }),
  canManage: Type.Boolean({ description: 'Whether the caller may connect and disconnect it' }),
  connection: nullable(shownConnection)
})

export function connectorRoutes ({ database, providers }: Services): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get('/connectors', {
      config: { callers: { user: true } },
      schema: {
        operationId: 'listConnectors',
        tags: ['handshakes'],
        summary: 'What the user can connect, and what is connected',
        response: { 200: Type.Object({ data: Type.Array(shownConnector) }) }
      }
    }, async (request) => {
      const { externalId: userId } = requireUser(request)
      // One per provider, so there are never more than a few.
      const own = await listConnections(database, { userId }, { limit: 200 })
      const open = new Map(own.filter(({ status }) => status !== 'revoked').map((connection) => [connection.provider, connection]))
      return {
        data: [...providers.values()].map((provider) => {
          const { id, name } = provider
          const connection = open.get(id)
          return {
            provider: id,
            name,
            kinds: kindsOf(provider),
            needsAccount: provider.parseAccount !== undefined,
            canManage: true,
            connection: connection === undefined ? null : toShownConnection(connection)
          }
        })
      }
    })
  }
}
