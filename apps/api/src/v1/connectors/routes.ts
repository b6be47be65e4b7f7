import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { listConnections } from '@carillon/shared/connections'
import type { Connection } from '@carillon/shared/connections'
import type { Membership } from '@carillon/shared/teams'
import type { Provider } from '@carillon/shared/providers'
import { findPull } from '@carillon/shared/pulls'
import { requireUser } from '../../auth/callers.ts'
import { chosenTeam, contactOf } from '../../auth/teams.ts'
import { handshakeKinds, kindsOf } from '../../handshakes/kinds.ts'
import type { Services } from '../../services.ts'
import { pullResponse, toPullResponse } from '../pulls/response.ts'
import { connectionResponse, toConnectionResponse } from '../connections/response.ts'
import { exactly, nullable, teamIdField } from '../../input/fields.ts'

const connectorResponse = Type.Object({
  provider: Type.String(),
  name: Type.String(),
  kinds: Type.Array(Type.Enum(handshakeKinds), { description: 'The kinds of handshake that it supports. The first is the default' }),
  needsAccount: Type.Boolean({ description: 'Whether a handshake requires an `account`, such as `nick@host`' }),
  holder: Type.Enum(['user', 'team'], { description: 'Who holds its connections: each user, or a team for all its members' }),
  canManage: Type.Boolean({ description: 'Whether the user can connect and disconnect it' }),
  reason: Type.Union([Type.Enum(['teamRequired', 'notOwner']), Type.Null()], {
    description: 'Why `canManage` is false: no team is chosen, or the user does not own the team. Null when `canManage` is true'
  }),
  contact: Type.Union([Type.String(), Type.Null()], { description: 'The name of the owner of the team, if the user is not the owner' }),
  team: Type.Union([
    Type.Object({ teamId: Type.String(), name: Type.String() }), Type.Null()
  ], { description: 'The chosen team, if teams hold the connections' }),
  connection: nullable(connectionResponse),
  pull: Type.Union([
    Type.Object({ name: Type.String({ description: 'The data that is read, such as `insights`' }), ...pullResponse.properties }), Type.Null()
  ], { description: 'The status of reading data through the connection. Null if no data is read' })
}, { title: 'Connector' })

export function connectorRoutes ({ database, providers }: Services): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get('/connectors', {
      config: { callers: { user: true } },
      schema: {
        operationId: 'listConnectors',
        tags: ['handshakes'],
        summary: 'List what the user can connect, with the connections',
        querystring: exactly({
          teamId: Type.Optional(Type.String({
            ...teamIdField, description: 'Your id of the team. The default is the team of the token'
          }))
        }),
        response: { 200: Type.Object({ data: Type.Array(connectorResponse) }) }
      }
    }, async (request) => {
      const membership = await chosenTeam(database, request, request.query.teamId)
      const own = await listOpen({ userId: requireUser(request).externalId })
      const ofTeam = membership === undefined ? none : await listOpen({ teamId: membership.team.externalId })
      return {
        data: await Promise.all([...providers.values()].map(async (provider) => {
          const connection = (provider.holder === 'team' ? ofTeam : own).get(provider.id)
          return {
            provider: provider.id,
            name: provider.name,
            kinds: kindsOf(provider),
            needsAccount: provider.parseAccount !== undefined,
            ...accessTo(provider, membership),
            connection: connection === undefined ? null : toConnectionResponse(connection),
            pull: connection === undefined ? null : await pullOf(provider, connection)
          }
        }))
      }
    })
  }

  async function pullOf ({ pull }: Provider, { id }: Connection): Promise<Static<typeof connectorResponse>['pull']> {
    const status = pull === undefined ? undefined : await findPull(database, id)
    return pull === undefined || status === undefined ? null : { name: pull.name, ...toPullResponse(status) }
  }

  async function listOpen (holder: { userId: string } | { teamId: string }): Promise<Map<string, Connection>> {
    // There is one for each provider, so there are few.
    const connections = await listConnections(database, holder, { limit: 200 })
    return new Map(connections.filter(({ status }) => status !== 'revoked').map((connection) => [connection.provider, connection]))
  }
}

const none: ReadonlyMap<string, Connection> = new Map()

type Access = Pick<Static<typeof connectorResponse>, 'holder' | 'canManage' | 'reason' | 'contact' | 'team'>

/** Whether the user can manage connections of this provider, and who can if not. */
function accessTo ({ holder }: Provider, membership: Membership | undefined): Access {
  if (holder === 'user') return { holder, canManage: true, reason: null, contact: null, team: null }
  if (membership === undefined) return { holder, canManage: false, reason: 'teamRequired', contact: null, team: null }
  const { team: { externalId, name }, isOwner } = membership
  return {
    holder,
    canManage: isOwner,
    reason: isOwner ? null : 'notOwner',
    contact: isOwner ? null : contactOf(membership.team),
    team: { teamId: externalId, name }
  }
}
