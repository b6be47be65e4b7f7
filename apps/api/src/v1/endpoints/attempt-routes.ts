import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { newId, parseId, publicId } from '@carillon/shared/db'
import { findEndpoint, listAttempts, readSecrets, recordAttempt } from '@carillon/shared/endpoints'
import type { Endpoint } from '@carillon/shared/endpoints'
import { closing, notFound } from '../../problems/problem.ts'
import { costs } from '../../rate-limits/costs.ts'
import type { Services } from '../../services.ts'
import { fromCursor, toCursor, toPage } from '../cursor.ts'
import { idParams, listOf } from '../../input/fields.ts'
import { attemptResponse, endpointTestResponse, toAttemptResponse } from './response.ts'
import { attemptsQuery } from './schema.ts'

const eventType = 'endpoint.test'

export function attemptRoutes ({ database, vault, endpointClient, now }: Services): FastifyPluginAsyncTypebox {
  const callers = { scope: 'endpoints:write' } as const

  return async (app) => {
    app.get('/endpoints/:id/attempts', {
      config: { callers },
      schema: {
        operationId: 'listEndpointAttempts',
        tags: ['events'],
        summary: 'List the requests to an endpoint',
        description: 'Newest first, with what came back.',
        params: idParams,
        querystring: attemptsQuery,
        response: { 200: listOf(attemptResponse) }
      }
    }, async ({ params, query: { eventId, outcome, limit = 50, cursor } }) => {
      const { id: endpointId } = await find(params.id)
      const event = eventId === undefined ? undefined : parseId('event', eventId)
      if (eventId !== undefined && event === undefined) throw notFound('event')
      const page = { limit: limit + 1, after: fromCursor(cursor) }
      const rows = await listAttempts(database, { endpointId, eventId: event, outcome }, page)
      return toPage(rows, limit, ({ id }) => toCursor(id), toAttemptResponse)
    })

    app.post('/endpoints/:id/test', {
      config: { callers, cost: costs.outgoing },
      schema: {
        operationId: 'testEndpoint',
        tags: ['events'],
        summary: 'Test an endpoint',
        description: `Sends an event of the type \`${eventType}\` now, even to a disabled endpoint, and responds with what came back.`,
        params: idParams,
        response: { 200: endpointTestResponse }
      }
    }, async ({ params, keyClaim }) => {
      const endpoint = await find(params.id)
      const secrets = await readSecrets(database, vault, endpoint.id, now())
      if (secrets === undefined) throw notFound('endpoint')
      const eventId = keyClaim?.resourceId ?? newId()
      const id = publicId('event', eventId)
      const createdAt = new Date(now()).toISOString()
      const body = JSON.stringify({ id, type: eventType, createdAt, data: { endpointId: params.id } })
      const result = await endpointClient.send({ url: endpoint.url, id, body, secrets })
      if (result.isAborted === true) throw closing()
      const attempt = { endpointId: endpoint.id, eventId, eventType, at: new Date(now()) }
      if (!await recordAttempt(database, attempt, result)) throw notFound('endpoint')
      const { status, error, durationMs } = result
      return { ok: error === null, eventId: id, status, error, durationMs }
    })
  }

  async function find (publicId: string): Promise<Endpoint> {
    const id = parseId('endpoint', publicId)
    const endpoint = id === undefined ? undefined : await findEndpoint(database, id)
    if (endpoint === undefined) throw notFound('endpoint')
    return endpoint
  }
}
