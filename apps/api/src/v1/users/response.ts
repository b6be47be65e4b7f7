import { Type } from 'typebox'
import type { Static } from 'typebox'
import { publicId } from '@carillon/shared/db'
import type { UserSummary } from '@carillon/shared/users'
import { nullable, timeField } from '../../input/fields.ts'

export const connectionCountsResponse = Type.Object({
  active: Type.Integer(),
  needsReauth: Type.Integer({ description: 'The user has to reconnect' }),
  revoked: Type.Integer({ description: 'Closed' })
}, { title: 'ConnectionCounts', description: 'The number of connections by status' })

export const userResponse = Type.Object({
  id: Type.String({ description: '`usr_…`' }),
  userId: Type.String({ description: 'Your id of the user' }),
  displayName: nullable(Type.String()),
  connections: connectionCountsResponse,
  createdAt: timeField
}, { title: 'User' })

export function toUserResponse (
  { id, externalId, displayName, connections, createdAt }: UserSummary
): Static<typeof userResponse> {
  return { id: publicId('user', id), userId: externalId, displayName, connections, createdAt: createdAt.toISOString() }
}
