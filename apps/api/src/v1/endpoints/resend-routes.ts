import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { parseId } from '@carillon/shared/db'
import { enqueueEvents, findEndpoint, isEvent, listEventDeliveries, resendEvent } from '@carillon/shared/endpoints'
import { notFound, Problem } from '../../problems/problem.ts'
import type { Services } from '../../services.ts'
import { exactly, idParams } from '../../input/fields.ts'
import { eventDeliveriesResponse, toEventDeliveryResponse } from './response.ts'

const resendBody = exactly({
  endpointId: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: '`end_…`. Without it, every enabled endpoint that receives the type' }))
}, 'ResendRequest')

export function resendRoutes ({ database, eventQueue, log, now }: Services): FastifyPluginAsyncTypebox {
  const callers = { scope: 'endpoints:write' } as const

  return async (app) => {
    app.post('/events/:id/resend', {
      config: { callers, problems: ['endpointDisabled'] },
      schema: {
        operationId: 'resendEvent',
        tags: ['events'],
        summary: 'Send an event again',
        description: 'Sends the event to `endpointId`, or to every enabled endpoint that receives its type. The id of the event stays the same.',
        params: idParams,
        body: resendBody,
        response: { 202: eventDeliveriesResponse }
      }
    }, async ({ params, body }, reply) => {
      const eventId = await requireEvent(params.id)
      const endpointId = body.endpointId === undefined ? undefined : await requireEnabled(body.endpointId)
      await resendEvent(database, { eventId, endpointId, now: now() })
      await enqueueEvents(eventQueue)
        .catch((error: unknown) => log.warn({ err: error }, 'could not wake a worker; the regular check finds the event'))
      reply.code(202)
      return await deliveriesOf(eventId)
    })

    app.get('/events/:id/deliveries', {
      config: { callers },
      schema: {
        operationId: 'listEventDeliveries',
        tags: ['events'],
        summary: 'List the deliveries of an event',
        description: 'Which endpoints receive the event, and when the next attempt is.',
        params: idParams,
        response: { 200: eventDeliveriesResponse }
      }
    }, async ({ params }) => deliveriesOf(await requireEvent(params.id)))
  }

  async function deliveriesOf (eventId: string): Promise<Static<typeof eventDeliveriesResponse>> {
    return { data: (await listEventDeliveries(database, eventId)).map(toEventDeliveryResponse) }
  }

  async function requireEvent (publicId: string): Promise<string> {
    const id = parseId('event', publicId)
    if (id === undefined || !await isEvent(database, id)) throw notFound('event')
    return id
  }

  async function requireEnabled (publicId: string): Promise<string> {
    const id = parseId('endpoint', publicId)
    const endpoint = id === undefined ? undefined : await findEndpoint(database, id)
    if (endpoint === undefined) throw notFound('endpoint')
    if (endpoint.disabledAt !== null) throw new Problem('endpointDisabled', 'The endpoint is disabled: enable it first')
    return endpoint.id
  }
}
