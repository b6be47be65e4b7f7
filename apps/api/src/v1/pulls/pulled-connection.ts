import type { FastifyRequest } from 'fastify'
import { findConnection, listConnections } from '@carillon/shared/connections'
import type { Connection } from '@carillon/shared/connections'
import { parseId } from '@carillon/shared/db'
import { findTeam } from '@carillon/shared/teams'
import type { Membership, Team } from '@carillon/shared/teams'
import type { Provider } from '@carillon/shared/providers'
import { callingUser } from '../../auth/callers.ts'
import { chosenTeam, contactOf, membershipAt, requireOwner } from '../../auth/teams.ts'
import { notFound, Problem } from '../../problems/problem.ts'
import type { Services } from '../../services.ts'

/** The path of a team's data. */
export interface PullOfTeam {
  teamId: string
  provider: string
  name: string
}

/** The connection that a team's data is read through. All members may read the data; with `ofOwner` only the owner may. */
export async function connectionOfTeam (
  { database, providers }: Services, request: FastifyRequest, { teamId, provider: id, name }: PullOfTeam, ofOwner = false
): Promise<Connection> {
  const user = callingUser(request)
  const membership = user === undefined ? undefined : await chosenTeam(database, request, teamId)
  const team = membership?.team ?? await findTeam(database, teamId)
  if (team === undefined) throw notFound('team')
  const provider = providers.get(id)
  if (provider?.pull?.name !== name || provider.holder !== 'team') throw notFound('pull')
  if (ofOwner && membership !== undefined) requireOwner(membership)
  const [connection] = await listConnections(database, { teamId, provider: id }, { limit: 1 })
  if (connection === undefined || connection.status === 'revoked') throw notConnected(provider, team, membership)
  return connection
}

/** A connection by its id. To a user, the connections of other users and of other teams do not exist. */
export async function connectionById (
  { database, providers }: Services, request: FastifyRequest, { id: publicId, name }: { id: string, name: string }
): Promise<Connection> {
  const id = parseId('connection', publicId)
  const connection = id === undefined ? undefined : await findConnection(database, id)
  if (connection === undefined) throw notFound('connection')
  const user = callingUser(request)
  const isOwn = user === undefined || connection.owner.userId === user.id
  if (!isOwn && await membershipAt(database, connection, user) === undefined) throw notFound('connection')
  if (providers.get(connection.provider)?.pull?.name !== name) throw notFound('pull')
  return connection
}

/** Tells the owner to connect, and all others to ask the owner. */
function notConnected (provider: Provider, team: Team, membership: Membership | undefined): Problem {
  const contact = contactOf(team)
  const what = `${provider.name} is not connected for the team ${team.name}`
  return membership?.isOwner === true
    ? new Problem('notConnected', `${what}: connect it first`)
    : new Problem('notConnected', `${what}: ask ${contact} to connect it`, { contact })
}
