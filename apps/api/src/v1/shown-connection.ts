import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { Connection } from '@carillon/shared/connections'
import { publicId } from '@carillon/shared/db'
import { nullable, timeField } from './fields.ts'

export const connectionStatuses = ['active', 'needsReauth', 'revoked'] as const

/** What is told of a connection. Nothing of its credentials is. */
export const shownConnection = Type.Object({
  id: Type.String({ description: '`con_…`' }),
  userId: Type.String({ description: "The site's own id of the user" }),
  provider: Type.String(),
  status: Type.Enum(connectionStatuses),
  statusReason: nullable(Type.String()),
  account: Type.Object({ id: Type.String(), name: Type.String() }),
  expiresAt: nullable(timeField),
  limitedUntil: Type.Union([timeField, Type.Null()], { description: 'The provider asked for silence until then' }),
  createdAt: timeField,
  updatedAt: timeField
})

export function toShownConnection (connection: Connection): Static<typeof shownConnection> {
  const { id, userId, provider, status, statusReason, account, expiresAt, limitedUntil, createdAt, updatedAt } = connection
  return {
    id: publicId('connection', id),
    userId,
    provider,
    status,
    statusReason,
    account,
    expiresAt: expiresAt?.toISOString() ?? null,
    limitedUntil: limitedUntil?.toISOString() ?? null,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString()
  }
}
