import type { FastifyRequest } from 'fastify'
import type { Connection } from '@carillon/shared/connections'
import { findMembership } from '@carillon/shared/teams'
import type { Database } from '@carillon/shared/db'
import type { Membership, Team } from '@carillon/shared/teams'
import { shownName } from '@carillon/shared/names'
import { notFound, Problem } from '../problems/problem.ts'
import { requireUser } from './callers.ts'

/**
 * The team that the calling user speaks for, and what they are to it right now: the one that is `asked` for by the site's id, or
 * else the one that the token was minted for; undefined when there is neither. To whoever is not in it, a team does not exist.
 */
export async function chosenTeam (
  database: Database, request: FastifyRequest, asked: string | undefined
): Promise<Membership | undefined> {
  const user = requireUser(request)
  const minted = request.caller?.kind === 'user' ? request.caller.teamId : undefined
  const team = asked !== undefined ? { externalId: asked } : minted !== undefined ? { id: minted } : undefined
  if (team === undefined) return undefined
  const membership = await findMembership(database, team, user)
  if (membership === undefined) throw notFound('team')
  return membership
}

/** For what only a team's owner may do. */
export function requireOwner ({ team, isOwner }: Membership): void {
  if (!isOwner) throw notOwner(team)
}

/** What a user is to the team that holds a connection; undefined when the user is not in it, or no team holds it. */
export async function membershipAt (
  database: Database, { holder }: Connection, user: { id: string }
): Promise<Membership | undefined> {
  return holder.teamId === null ? undefined : await findMembership(database, { id: holder.teamId }, user)
}

/** What people call the owner, whom everybody else in the team has to ask. */
export function contactOf ({ owner: { displayName, externalId } }: Team): string {
  return displayName ?? externalId
}

function notOwner (team: Team): Problem {
  const contact = contactOf(team)
  return new Problem('notOwner', `Only the owner of the team ${shownName(team.name)} may do that: ask ${shownName(contact)}`, { contact })
}
