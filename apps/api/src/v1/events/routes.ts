import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { parseId } from '@carillon/shared/db'
import { findEvent, findPosition, listEvents, readEvents } from '@carillon/shared/events'
import { idParams, listOf } from '../../input/fields.ts'
import { notFound } from '../../problems/problem.ts'
import type { Services } from '../../services.ts'
import { fromCursor, toCursor, toPage } from '../cursor.ts'
import { parseEventId } from './parse-event-id.ts'
import { eventResponse, eventsQuery } from './schema.ts'

export function eventRoutes ({ database }: Services): FastifyPluginAsyncTypebox {
  const callers = { scope: 'notifications:read' } as const

  return async (app) => {
    app.get('/events', {
      config: { callers },
      schema: {
        operationId: 'listEvents',
        tags: ['events'],
        summary: 'List events',
        description: 'Newest first; with `after`, oldest first.',
        querystring: eventsQuery,
        response: { 200: listOf(eventResponse) }
      }
    }, async ({ query: { type, userId, after, limit = 50, cursor } }) => {
      const filter = { types: type === undefined ? undefined : [type], userId, limit: limit + 1 }
      const last = fromCursor(cursor)
      const events = after === undefined
        ? await listEvents(database, { ...filter, before: last })
        : (await readEvents(database, { ...filter, after: await findPosition(database, last ?? parseEventId('after', after)) })).events
      return toPage(events, limit, ({ id }) => toCursor(parseEventId('id', id)), (event) => event)
    })

    app.get('/events/:id', {
      config: { callers },
      schema: {
        operationId: 'getEvent', tags: ['events'], summary: 'Retrieve an event', params: idParams, response: { 200: eventResponse }
      }
    }, async ({ params }) => {
      const id = parseId('event', params.id)
      const event = id === undefined ? undefined : await findEvent(database, id)
      if (event === undefined) throw notFound('event')
      return event
    })
  }
}
