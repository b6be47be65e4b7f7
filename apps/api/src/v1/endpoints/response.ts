import { Type } from 'typebox'
import type { Static } from 'typebox'
import { endpointDeliveryStates, publicId } from '@carillon/shared/db'
import { describeEndpoint } from '@carillon/shared/endpoints'
import type { Endpoint, EndpointAttempt, EventDelivery } from '@carillon/shared/endpoints'
import { nullable, timeField } from '../../input/fields.ts'

export const endpointResponse = Type.Object({
  id: Type.String({ description: '`end_…`' }),
  url: Type.String(),
  description: nullable(Type.String()),
  events: Type.Array(Type.String(), { description: 'Types of events, or `*`' }),
  enabled: Type.Boolean(),
  status: Type.Enum(['enabled', 'failing', 'disabled'], { description: '`failing`: no request has succeeded since `failingSince`' }),
  statusReason: Type.Union([Type.String(), Type.Null()], { description: 'Why it is failing or disabled, and what to do' }),
  failingSince: Type.Union([timeField, Type.Null()], { description: 'The first failure since the last success' }),
  disabledAt: nullable(timeField),
  createdAt: timeField,
  updatedAt: timeField
}, { title: 'Endpoint' })

export const endpointWithSecretResponse = Type.Object({
  ...endpointResponse.properties,
  secret: Type.String({ description: '`whsec_…`. It signs the requests, and is not part of any later response' })
}, { title: 'EndpointWithSecret' })

export const attemptResponse = Type.Object({
  eventId: Type.String({ description: '`evt_…`' }),
  eventType: Type.String(),
  outcome: Type.Enum(['succeeded', 'failed']),
  status: Type.Union([Type.Integer(), Type.Null()], { description: 'HTTP status. Null when no response arrived' }),
  error: Type.Union([Type.String(), Type.Null()], { description: 'The start of an error response, or why none arrived' }),
  durationMs: Type.Integer(),
  at: timeField
}, { title: 'EndpointAttempt' })

export const endpointTestResponse = Type.Object({
  ok: Type.Boolean({ description: 'Whether the endpoint accepted the event' }),
  eventId: Type.String({ description: 'The id of the test event, as in the header `webhook-id`' }),
  status: Type.Union([Type.Integer(), Type.Null()], { description: 'HTTP status. Null when no response arrived' }),
  error: Type.Union([Type.String(), Type.Null()], { description: 'The start of an error response, or why none arrived' }),
  durationMs: Type.Integer()
}, { title: 'EndpointTestResult' })

const eventDeliveryResponse = Type.Object({
  endpointId: Type.String({ description: '`end_…`' }),
  state: Type.Enum(endpointDeliveryStates, { description: '`canceled`: the endpoint was disabled before the event arrived' }),
  attempts: Type.Integer(),
  nextAttemptAt: Type.Union([timeField, Type.Null()], { description: 'Null when there is no next attempt' })
}, { title: 'EndpointDelivery' })

export const eventDeliveriesResponse = Type.Object({ data: Type.Array(eventDeliveryResponse) }, { title: 'EventDeliveries' })

export function toEventDeliveryResponse (delivery: EventDelivery): Static<typeof eventDeliveryResponse> {
  const { endpointId, nextAttemptAt, ...rest } = delivery
  return { ...rest, endpointId: publicId('endpoint', endpointId), nextAttemptAt: nextAttemptAt?.toISOString() ?? null }
}

export function toEndpointResponse (endpoint: Endpoint): Static<typeof endpointResponse> {
  const { id, url, description, events, disabledAt, failingSince, createdAt, updatedAt } = endpoint
  const { status, reason } = describeEndpoint(endpoint)
  return {
    id: publicId('endpoint', id),
    url,
    description,
    events,
    enabled: disabledAt === null,
    status,
    statusReason: reason,
    failingSince: failingSince?.toISOString() ?? null,
    disabledAt: disabledAt?.toISOString() ?? null,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString()
  }
}

export function toAttemptResponse (attempt: EndpointAttempt): Static<typeof attemptResponse> {
  const { eventId, eventType, status, error, durationMs, at } = attempt
  return {
    eventId: publicId('event', eventId),
    eventType,
    outcome: error === null ? 'succeeded' : 'failed',
    status,
    error,
    durationMs,
    at: at.toISOString()
  }
}
