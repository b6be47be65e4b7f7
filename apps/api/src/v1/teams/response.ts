import { Type } from 'typebox'
import type { Static } from 'typebox'
import { publicId } from '@carillon/shared/db'
import type { TeamSummary } from '@carillon/shared/teams'
import { timeField } from '../../input/fields.ts'
import { connectionCountsResponse } from '../users/response.ts'

export const teamSummaryResponse = Type.Object({
  id: Type.String({ description: '`tea_…`' }),
  teamId: Type.String({ description: 'Your id of the team' }),
  name: Type.String(),
  ownerId: Type.String({ description: 'Your id of the owner' }),
  memberCount: Type.Integer({ description: 'The number of members, including the owner' }),
  connections: connectionCountsResponse,
  createdAt: timeField
}, { title: 'TeamSummary' })

export function toTeamSummaryResponse (
  { id, externalId, name, ownerId, memberCount, connections, createdAt }: TeamSummary
): Static<typeof teamSummaryResponse> {
  return { id: publicId('team', id), teamId: externalId, name, ownerId, memberCount, connections, createdAt: createdAt.toISOString() }
}

export const teamResponse = Type.Object({
  id: Type.String({ description: '`tea_…`' }),
  teamId: Type.String({ description: 'Your id of the team' }),
  name: Type.String(),
  ownerId: Type.String({ description: 'Your id of the owner' }),
  memberIds: Type.Array(Type.String(), { description: 'Your ids of all members, including the owner' })
}, { title: 'Team' })
