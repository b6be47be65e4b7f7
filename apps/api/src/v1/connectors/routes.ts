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
import { shownPull, toShownPull } from '../pulls/response.ts'
import { shownConnection, toShownConnection } from '../connections/response.ts'
import { exactly, nullable, teamIdField } from '../fields.ts'

const shownConnector = Type.Object({
  provider: Type.String(),
  name: Type.String(),
  kinds: Type.Array(Type.Enum(handshakeKinds), { description: 'The kinds of handshake it takes; the first is what people expect' }),
  needsAccount: Type.Boolean({ description: 'Whether a handshake needs an `account`, such as `nick@host`' }),
  holder: Type.Enum(['user', 'team'], { description: 'Who holds its connections: each user their own, or a team one for all its members' }),
  canManage: Type.Boolean({ description: 'Whether the caller may connect and disconnect it' }),
  reason: Type.Union([Type.Enum(['teamRequired', 'notOwner']), Type.Null()], {
    description: 'Why not: no team has been chosen, or its owner does that, who is the `contact`; null where `canManage` is true'
  }),
  contact: Type.Union([Type.String(), Type.Null()], { description: 'Whom to ask, by name: the owner of the team, where that is somebody else' }),
  team: Type.Union([
    Type.Object({ teamId: Type.String(), name: Type.String() }), Type.Null()
  ], { description: 'The team that was chosen, where teams hold the connections' }),
  connection: nullable(shownConnection),
  pull: Type.Union([
    Type.Object({ name: Type.String({ description: 'What is read, such as `insights`' }), ...shownPull.properties }), Type.Null()
  ], { description: 'How reading through it goes; null where nothing is read, or has not been yet' })
})

export function connectorRoutes ({ database, providers }: Services): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get('/connectors', {
      config: { callers: { user: true } },
      schema: {
        operationId: 'listConnectors',
        tags: ['handshakes'],
        summary: 'What the user can connect, and what is connected',
        querystring: exactly({
          teamId: Type.Optional(Type.String({
            ...teamIdField, description: 'The team to look at, by your id; the one of the token when absent'
          }))
        }),
        response: { 200: Type.Object({ data: Type.Array(shownConnector) }) }
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
            ...standing(provider, membership),
            connection: connection === undefined ? null : toShownConnection(connection),
            pull: connection === undefined ? null : await pullOf(provider, connection)
          }
        }))
      }
    })
  }

  async function pullOf ({ pull }: Provider, { id }: Connection): Promise<Static<typeof shownConnector>['pull']> {
    const standing = pull === undefined ? undefined : await findPull(database, id)
    return pull === undefined || standing === undefined ? null : { name: pull.name, ...toShownPull(standing) }
  }

  async function listOpen (holder: { userId: string } | { teamId: string }): Promise<Map<string, Connection>> {
    // One per provider, so there are never more than a few.
    const connections = await listConnections(database, holder, { limit: 200 })
    return new Map(connections.filter(({ status }) => status !== 'revoked').map((connection) => [connection.provider, connection]))
  }
}

const none: ReadonlyMap<string, Connection> = new Map()

type Standing = Pick<Static<typeof shownConnector>, 'holder' | 'canManage' | 'reason' | 'contact' | 'team'>

/** What the caller may do with connections of this provider, and whom else to ask. */
function standing ({ holder }: Provider, membership: Membership | undefined): Standing {
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
