import { Type } from 'typebox'
import { eventTypes } from '@carillon/shared/db'
import { exactly, pageQuery } from '../../input/fields.ts'

const urlField = Type.String({
  minLength: 1,
  maxLength: 2048,
  description: 'Where events are sent. `https`, or `http` on this machine during development and for hosts in `ALLOW_PRIVATE_HOSTS`'
})
const descriptionField = Type.Union([Type.String({ minLength: 1, maxLength: 200 }), Type.Null()], {
  description: 'What the endpoint is for. Control characters and line breaks are not allowed'
})
const eventsField = Type.Array(Type.Enum(['*', ...eventTypes]), {
  minItems: 1,
  maxItems: 50,
  uniqueItems: true,
  description: 'Types of events, or `*` for all but `delivery.…`. Those are sent only to endpoints that name them, because a large broadcast causes thousands'
})
const enabledField = Type.Boolean({ description: 'Whether events are sent to it. Events while it is disabled are not sent later' })

export const endpointBody = exactly({
  url: urlField,
  description: Type.Optional(descriptionField),
  events: eventsField,
  enabled: Type.Optional(Type.Boolean({ ...enabledField, default: true }))
}, 'EndpointRequest')

export const endpointUpdateBody = exactly({
  url: Type.Optional(urlField),
  description: Type.Optional(descriptionField),
  events: Type.Optional(eventsField),
  enabled: Type.Optional(enabledField)
}, 'EndpointUpdate')

export const attemptsQuery = exactly({
  eventId: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: '`evt_…`' })),
  outcome: Type.Optional(Type.Enum(['succeeded', 'failed'])),
  ...pageQuery
})
