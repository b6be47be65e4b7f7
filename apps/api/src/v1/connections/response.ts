import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { Connection, ConnectionEvent } from '@carillon/shared/connections'
import type { RevocationResult } from '@carillon/shared/grants'
import { connectionEventNames, publicId } from '@carillon/shared/db'
import { nullable, timeField } from '../../input/fields.ts'

export const connectionStatuses = ['active', 'needsReauth', 'revoked'] as const

/** A connection without its credentials. */
export const connectionResponse = Type.Object({
  id: Type.String({ description: '`con_…`' }),
  userId: Type.Union([Type.String(), Type.Null()], { description: 'Your id of the user who holds the connection. Null when a team holds it' }),
  teamId: Type.Union([Type.String(), Type.Null()], { description: 'Your id of the team that holds the connection. Null when a user holds it' }),
  connectedBy: Type.Union([
    Type.Object({ userId: Type.String(), name: Type.String() }, { title: 'ConnectedBy' }), Type.Null()
  ], { description: 'The user who last connected it for the team' }),
  provider: Type.String(),
  status: Type.Enum(connectionStatuses),
  statusReason: nullable(Type.String()),
  account: Type.Object({ id: Type.String(), name: Type.String() }, { title: 'Account' }),
  label: Type.Union([Type.String(), Type.Null()], { description: 'The name that the user gave the connection' }),
  muted: Type.Boolean({ description: 'Whether it receives no notifications, although it works' }),
  mutedReason: Type.Union([Type.Enum(['muted', 'unsubscribed']), Type.Null()], {
    description: '`unsubscribed`: the user followed the link in a message. Null if it is not muted'
  }),
  expiresAt: nullable(timeField),
  missingPermissions: Type.Array(Type.String(), {
    description: 'Permissions that the user did not allow. A new handshake asks for them again'
  }),
  limitedUntil: Type.Union([timeField, Type.Null()], { description: 'The rate limit of the provider holds until then' }),
  createdAt: timeField,
  updatedAt: timeField
}, { title: 'Connection' })

/** A connection with its history. */
export const explainedConnectionResponse = Type.Object({
  ...connectionResponse.properties,
  revocation: Type.Union([
    Type.Object({
      state: Type.Enum(['pending', 'done', 'failed']),
      attempts: Type.Integer(),
      reason: nullable(Type.String()),
      at: timeField
    }, { title: 'Revocation' }),
    Type.Null()
  ], { description: 'The last revocation of replaced or deleted credentials at the provider' }),
  events: Type.Array(Type.Object({
    event: Type.Enum(connectionEventNames),
    reason: nullable(Type.String()),
    at: timeField
  }, { title: 'ConnectionEvent' }), { description: 'The last 200 events, oldest first' })
}, { title: 'ConnectionDetails' })

/** The result of a test. */
export const testResultResponse = Type.Object({
  ok: Type.Boolean(),
  receipt: Type.Optional(Type.Object({ id: Type.String() }, { title: 'Receipt' })),
  error: Type.Optional(Type.Object({
    kind: Type.Enum([
      'transient', 'rateLimited', 'expired', 'unauthorized', 'missingPermission', 'gone', 'rejected', 'quota', 'misconfigured', 'malformed'
    ], {
      description: '`unauthorized`, `missingPermission`: the user has to reconnect. `gone`: the address no longer exists. `expired`: the token has ' +
        'expired and could not be refreshed now. `misconfigured`: the provider refuses this deployment'
    }),
    reason: Type.String(),
    status: Type.Optional(Type.Integer({ description: "HTTP status of the provider's response" })),
    retryAt: Type.Optional(timeField)
  }, { title: 'TestError' }))
}, { title: 'TestResult' })

export const importResultResponse = Type.Object({
  index: Type.Integer(),
  userId: Type.Optional(Type.String({ description: 'Absent when the item has no readable user id' })),
  provider: Type.Optional(Type.String()),
  connectionId: Type.Optional(Type.String()),
  error: Type.Optional(Type.Object({
    code: Type.Enum([
      'invalidItem', 'unknownProvider', 'teamProvider', 'duplicate', 'badAccount', 'badCredentials', 'unauthorized', 'notIdentified'
    ]),
    reason: Type.String(),
    path: Type.Optional(Type.String({ description: 'For `invalidItem`: the invalid field, such as `account.name`' }))
  }, { title: 'ImportError' }))
}, { title: 'ImportResult' })

export function toExplainedConnectionResponse (
  connection: Connection, revocation: RevocationResult | undefined, events: ConnectionEvent[]
): Static<typeof explainedConnectionResponse> {
  return {
    ...toConnectionResponse(connection),
    revocation: revocation === undefined ? null : { ...revocation, at: revocation.at.toISOString() },
    events: events.map(({ at, ...event }) => ({ ...event, at: at.toISOString() }))
  }
}

export function toConnectionResponse (connection: Connection): Static<typeof connectionResponse> {
  const { id, userId, teamId, connectedBy, provider, status, statusReason, account, label, muted } = connection
  const { missingPermissions, expiresAt, limitedUntil, createdAt, updatedAt } = connection
  return {
    id: publicId('connection', id),
    userId,
    teamId,
    connectedBy,
    provider,
    status,
    statusReason,
    account,
    label,
    muted: muted !== null,
    mutedReason: muted,
    expiresAt: expiresAt?.toISOString() ?? null,
    missingPermissions,
    limitedUntil: limitedUntil?.toISOString() ?? null,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString()
  }
}
