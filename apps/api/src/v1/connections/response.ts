import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { Connection, ConnectionEvent, RevocationResult } from '@carillon/shared/connections'
import { connectionEventNames, publicId } from '@carillon/shared/db'
import { nullable, timeField } from '../fields.ts'

export const connectionStatuses = ['active', 'needsReauth', 'revoked'] as const

/** What is told of a connection. Nothing of its credentials is. */
export const shownConnection = Type.Object({
  id: Type.String({ description: '`con_…`' }),
  userId: Type.Union([Type.String(), Type.Null()], { description: "The site's own id of the user who holds it; null when a team does" }),
  teamId: Type.Union([Type.String(), Type.Null()], { description: "The site's own id of the team that holds it; null when a user does" }),
  connectedBy: Type.Union([
    Type.Object({ userId: Type.String(), name: Type.String() }), Type.Null()
  ], { description: 'Who has connected it for the team last' }),
  provider: Type.String(),
  status: Type.Enum(connectionStatuses),
  statusReason: nullable(Type.String()),
  account: Type.Object({ id: Type.String(), name: Type.String() }),
  expiresAt: nullable(timeField),
  missingPermissions: Type.Array(Type.String(), {
    description: 'What the provider was asked for and the user has not allowed: a new handshake asks them again'
  }),
  limitedUntil: Type.Union([timeField, Type.Null()], { description: 'The provider asked for silence until then' }),
  createdAt: timeField,
  updatedAt: timeField
})

/** The same, and what has happened to it. */
export const explainedConnection = Type.Object({
  ...shownConnection.properties,
  revocation: Type.Union([
    Type.Object({
      state: Type.Enum(['pending', 'done', 'failed']),
      attempts: Type.Integer(),
      reason: nullable(Type.String()),
      at: timeField
    }),
    Type.Null()
  ], { description: 'How the provider took it that credentials were ended which have been replaced or erased last' }),
  events: Type.Array(Type.Object({
    event: Type.Enum(connectionEventNames),
    reason: nullable(Type.String()),
    at: timeField
  }), { description: 'The latest 200 things that have happened to it, oldest first' })
})

export function toExplainedConnection (
  connection: Connection, revocation: RevocationResult | undefined, events: ConnectionEvent[]
): Static<typeof explainedConnection> {
  return {
    ...toShownConnection(connection),
    revocation: revocation === undefined ? null : { ...revocation, at: revocation.at.toISOString() },
    events: events.map(({ at, ...event }) => ({ ...event, at: at.toISOString() }))
  }
}

export function toShownConnection (connection: Connection): Static<typeof shownConnection> {
  const { id, userId, teamId, connectedBy, provider, status, statusReason, account, missingPermissions } = connection
  const { expiresAt, limitedUntil, createdAt, updatedAt } = connection
  return {
    id: publicId('connection', id),
    userId,
    teamId,
    connectedBy,
    provider,
    status,
    statusReason,
    account,
    expiresAt: expiresAt?.toISOString() ?? null,
    missingPermissions,
    limitedUntil: limitedUntil?.toISOString() ?? null,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString()
  }
}
