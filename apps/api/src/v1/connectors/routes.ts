import type { Static } from 'typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { listConnections } from '@carillon/shared/connections'
import type { Connection } from '@carillon/shared/connections'
import type { Provider } from '@carillon/shared/providers'
import { findPull } from '@carillon/shared/pulls'
import { requireUser, returnToOf } from '../../auth/callers.ts'
import { chosenTeam } from '../../auth/teams.ts'
import { kindsOf } from '../../handshakes/kinds.ts'
import type { Services } from '../../services.ts'
import { toPullResponse } from '../pulls/response.ts'
import { toConnectionResponse } from '../connections/response.ts'
import { connectorListResponse, toAccessResponse } from './response.ts'
import type { connectorResponse } from './response.ts'
import { connectorsQuery } from './schema.ts'

export function connectorRoutes ({ database, providers, site }: Services): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get('/connectors', {
      config: { callers: { user: true }, problems: ['notFound'] },
      schema: {
        operationId: 'listConnectors',
        tags: ['handshakes'],
        summary: 'List connectors',
        description: 'What the user can connect, with the connections.',
        querystring: connectorsQuery,
        response: { 200: connectorListResponse }
      }
    }, async (request) => {
      const membership = await chosenTeam(database, request, request.query.teamId)
      const own = await listOpen({ userId: requireUser(request).externalId })
      const ofTeam = membership === undefined ? [] : await listOpen({ teamId: membership.team.externalId })
      return {
        returnTo: returnToOf(request, site) ?? null,
        data: await Promise.all([...providers.values()].map(async (provider) => {
          const connections = (provider.holder === 'team' ? ofTeam : own).filter((one) => one.provider === provider.id)
          const [connection] = connections
          return {
            provider: provider.id,
            name: provider.name,
            kinds: kindsOf(provider),
            needsAccount: provider.parseAccount !== undefined,
            addressField: fieldOf(provider),
            ...toAccessResponse(provider, membership),
            accounts: provider.accounts === 'one' ? 'one' as const : 'many' as const,
            connection: connection === undefined ? null : toConnectionResponse(connection),
            connections: connections.map(toConnectionResponse),
            pull: connection === undefined ? null : await pullOf(provider, connection)
          }
        }))
      }
    })
  }

  function fieldOf ({ handshakes: { address } }: Provider): Static<typeof connectorResponse>['addressField'] {
    return address === undefined ? null : { hint: null, ...address.field, generateLabel: address.generate?.label ?? null }
  }

  async function pullOf ({ pull }: Provider, { id }: Connection): Promise<Static<typeof connectorResponse>['pull']> {
    const status = pull === undefined ? undefined : await findPull(database, id)
    return pull === undefined || status === undefined ? null : { name: pull.name, ...toPullResponse(status) }
  }

  async function listOpen (owner: { userId: string } | { teamId: string }): Promise<Connection[]> {
    return await listConnections(database, { ...owner, status: 'open' }, { limit: maxListed })
  }
}

/** More than a user connects. `GET /v1/connections` lists all. */
const maxListed = 200
