import type { Readable } from 'node:stream'
import { Type } from 'typebox'
import type { Static } from 'typebox'
import { actorKinds, publicId } from '@carillon/shared/db'
import type { AuditRecord, HandshakeRecord, ReceivedDelivery } from '@carillon/shared/user-data'
import { nullable, timeField } from '../../input/fields.ts'
import { auditTarget } from '../audit/schema.ts'
import { explainedConnectionResponse } from '../connections/response.ts'
import { explainedDeliveryResponse, toExplainedDeliveryResponse } from '../deliveries/response.ts'
import { eventResponse } from '../events/schema.ts'
import { messageResponse } from '../notifications/schema.ts'
import { userResponse } from './response.ts'

const receivedResponse = Type.Object({
  ...explainedDeliveryResponse.properties,
  history: Type.Array(Type.Unsafe<Static<typeof explainedDeliveryResponse>['history'][number]>(explainedDeliveryResponse.properties.history.items), {
    description: 'All events, oldest first. `seen` is when the user opened the message'
  }),
  message: messageResponse
}, { title: 'ReceivedDelivery' })

const handshakeRecord = Type.Object({
  id: Type.String({ description: '`hsk_…`' }),
  provider: Type.String(),
  kind: Type.String(),
  status: Type.String(),
  account: nullable(Type.String()),
  teamId: nullable(Type.String()),
  returnTo: nullable(Type.String()),
  connectionId: nullable(Type.String()),
  error: nullable(Type.String()),
  createdAt: timeField,
  expiresAt: timeField
}, { title: 'HandshakeRecord' })

const insightsRecord = Type.Object({
  connectionId: Type.String({ description: '`con_…`' }),
  account: Type.String(),
  accountName: Type.String(),
  currency: Type.String(),
  day: Type.String({ format: 'date' }),
  impressions: Type.String(),
  clicks: Type.String(),
  spend: Type.String()
}, { title: 'InsightsRecord' })

const auditRecord = Type.Object({
  id: Type.String({ description: '`aud_…`' }),
  action: Type.String(),
  actor: Type.Object({ kind: Type.Enum(actorKinds) }, { title: 'ActorOfRecord' }),
  target: auditTarget,
  ipAddress: Type.Union([Type.String(), Type.Null()], { description: 'The address of the user. Null if another actor acted' }),
  details: Type.Record(Type.String(), Type.Unknown()),
  createdAt: timeField
}, { title: 'AuditRecord' })

/** The document is streamed, so this schema describes it and does not serialize it. */
export const userExportResponse = Type.Unsafe<Readable>(Type.Object({
  exportedAt: timeField,
  user: userResponse,
  teams: Type.Array(Type.Object({ teamId: Type.String(), name: Type.String(), isOwner: Type.Boolean() }, { title: 'TeamOfUser' })),
  connections: Type.Array(explainedConnectionResponse, {
    description: 'With their history. Also those that the user made for a team'
  }),
  handshakes: Type.Array(handshakeRecord),
  deliveries: Type.Array(receivedResponse, { description: 'What was sent to the user, with the message. Newest first' }),
  events: Type.Array(eventResponse, { description: 'The events of the user, newest first' }),
  insights: Type.Array(insightsRecord, { description: "The data that was pulled through the user's own connections" }),
  audit: Type.Array(auditRecord, { description: 'The audit entries about the user and by the user' })
}, { title: 'UserExport' }))

export function toReceivedResponse (delivery: ReceivedDelivery, providerName: string): Static<typeof receivedResponse> {
  return { ...toExplainedDeliveryResponse(delivery, providerName), message: delivery.message as Static<typeof messageResponse> }
}

export function toHandshakeRecord (
  { id, connectionId, createdAt, expiresAt, ...rest }: HandshakeRecord
): Static<typeof handshakeRecord> {
  return {
    id: publicId('handshake', id),
    ...rest,
    connectionId: connectionId === null ? null : publicId('connection', connectionId),
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt.toISOString()
  }
}

export function toAuditRecord (
  { id, actorKind, targetKind, targetId, createdAt, ...rest }: AuditRecord
): Static<typeof auditRecord> {
  return {
    id: publicId('auditEntry', id),
    ...rest,
    actor: { kind: actorKind },
    target: { kind: targetKind, id: targetId },
    createdAt: createdAt.toISOString()
  }
}
