import type { FastifyRequest } from 'fastify'
import type { Connection } from '@carillon/shared/connections'
import { findMembership } from '@carillon/shared/teams'
import type { Database } from '@carillon/shared/db'
import type { Membership, Team } from '@carillon/shared/teams'
import { sanitizeText } from '@carillon/shared/names'
import { notFound, Problem } from '../problems/problem.ts'
import { requireUser } from './callers.ts'

/**
 * The membership of the calling user in a team: the one that the request names by the site's id, or else the one of the token;
 * undefined when there is neither. To users who are not members, a team does not exist.
 */
export async function chosenTeam (
  database: Database, request: FastifyRequest, named: string | undefined
): Promise<Membership | undefined> {
  const user = requireUser(request)
  const ofToken = request.caller?.kind === 'user' ? request.caller.teamId : undefined
  const team = named !== undefined ? { externalId: named } : ofToken !== undefined ? { id: ofToken } : undefined
  if (team === undefined) return undefined
  const membership = await findMembership(database, team, user)
  if (membership === undefined) throw notFound('team')
  return membership
}

/** Throws Problem `notOwner` for a member who is not the owner. */
export function requireOwner ({ team, isOwner }: Membership): void {
  if (!isOwner) throw notOwner(team)
}

/** The membership of a user in the team that holds a connection; undefined when there is none, or a user holds it. */
export async function membershipAt (
  database: Database, { owner }: Connection, user: { id: string }
): Promise<Membership | undefined> {
  return owner.teamId === null ? undefined : await findMembership(database, { id: owner.teamId }, user)
}

/** The name of the owner, whom the members have to ask. */
export function contactOf ({ owner: { displayName, externalId } }: Team): string {
  return displayName ?? externalId
}

function notOwner (team: Team): Problem {
  const contact = contactOf(team)
  return new Problem('notOwner', `Only the owner of the team ${sanitizeText(team.name)} can do this: ask ${sanitizeText(contact)}`, { contact })
}
