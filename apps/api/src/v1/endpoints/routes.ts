import { Type } from 'typebox'
import type { Static } from 'typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { recordAudit } from '@carillon/shared/audit'
import { inTransaction, newId, parseId, retryWithLongTimeout } from '@carillon/shared/db'
import {
  createEndpoint, deleteEndpoint, findEndpoint, listEndpoints, maxEndpoints, readSecrets, rotateSecret, updateEndpoint
} from '@carillon/shared/endpoints'
import type { Endpoint } from '@carillon/shared/endpoints'
import { nameFault } from '@carillon/shared/names'
import { actorOf } from '../../auth/callers.ts'
import { assertNoInputErrors, notFound, Problem } from '../../problems/problem.ts'
import type { InputError } from '../../problems/problem.ts'
import type { Services } from '../../services.ts'
import { fromCursor, toCursor, toPage } from '../cursor.ts'
import { exactly, idParams, listOf, pageQuery } from '../../input/fields.ts'
import { endpointChanged, endpointCreated } from './describe-endpoint-change.ts'
import { endpointResponse, endpointWithSecretResponse, toEndpointResponse } from './response.ts'
import { endpointBody, endpointUpdateBody } from './schema.ts'

export function endpointRoutes ({ database, vault, endpointClient, now }: Services): FastifyPluginAsyncTypebox {
  const callers = { scope: 'endpoints:write' } as const

  return async (app) => {
    app.post('/endpoints', {
      config: { callers, problems: ['endpointLimit'] },
      schema: {
        operationId: 'createEndpoint',
        tags: ['events'],
        summary: 'Create an endpoint',
        description: 'Events are sent to its URL as signed requests (Standard Webhooks). The response contains the secret that signs them, which is not shown again.',
        body: endpointBody,
        response: { 201: endpointWithSecretResponse }
      }
    }, async (request, reply) => {
      const { body, keyClaim } = request
      const { url, description = null, events, enabled = true } = body
      assertNoInputErrors(inputErrors(body))
      const id = keyClaim?.resourceId ?? newId()
      const result = await inTransaction(database, async (tx) => {
        const result = await createEndpoint(tx, vault, { id, url: new URL(url).href, description, events, enabled })
        if (result === 'created') await recordAudit(tx, endpointCreated(actorOf(request), id, { url, events, enabled }))
        return result
      })
      if (result === 'tooMany') {
        throw new Problem('endpointLimit', `There are ${maxEndpoints} endpoints already: delete one that is not used`)
      }
      reply.code(201)
      return await withSecret(id)
    })

    app.get('/endpoints', {
      config: { callers },
      schema: {
        operationId: 'listEndpoints',
        tags: ['events'],
        summary: 'List endpoints',
        description: 'Oldest first.',
        querystring: exactly(pageQuery),
        response: { 200: listOf(endpointResponse) }
      }
    }, async ({ query: { limit = 50, cursor } }) => {
      const rows = await listEndpoints(database, { limit: limit + 1, after: fromCursor(cursor) })
      return toPage(rows, limit, ({ id }) => toCursor(id), toEndpointResponse)
    })

    app.get('/endpoints/:id', {
      config: { callers },
      schema: {
        operationId: 'getEndpoint', tags: ['events'], summary: 'Retrieve an endpoint', params: idParams, response: { 200: endpointResponse }
      }
    }, async ({ params }) => toEndpointResponse(await find(params.id)))

    app.patch('/endpoints/:id', {
      config: { callers },
      schema: {
        operationId: 'updateEndpoint',
        tags: ['events'],
        summary: 'Update an endpoint',
        description: 'Disabling it cancels the events that wait for it. Enabling it resets its failures.',
        params: idParams,
        body: endpointUpdateBody,
        response: { 200: endpointResponse }
      }
    }, async (request) => {
      const { params, body } = request
      assertNoInputErrors(inputErrors(body))
      const { url, ...changes } = body
      const update = { ...changes, url: url === undefined ? undefined : new URL(url).href }
      // Millions of events may wait for it.
      await retryWithLongTimeout(database, (own) => inTransaction(own, async (tx) => {
        const id = idOf(params.id)
        const changed = await updateEndpoint(tx, id, update) ?? []
        if (changed.length > 0) await recordAudit(tx, endpointChanged(actorOf(request), id, { changed, update }))
      }))
      return toEndpointResponse(await find(params.id))
    })

    app.delete('/endpoints/:id', {
      config: { callers },
      schema: {
        operationId: 'deleteEndpoint',
        tags: ['events'],
        summary: 'Delete an endpoint',
        description: 'Deletes its attempts too.',
        params: idParams,
        response: { 204: Type.Null({ description: 'The endpoint is deleted' }) }
      }
    }, async (request, reply) => {
      await retryWithLongTimeout(database, (own) => inTransaction(own, async (tx) => {
        const id = idOf(request.params.id)
        if (!await deleteEndpoint(tx, id)) throw notFound('endpoint')
        await recordAudit(tx, { actor: actorOf(request), action: 'endpoint.deleted', target: { kind: 'endpoint', id } })
      }))
      reply.code(204)
      return null
    })

    app.post('/endpoints/:id/rotate-secret', {
      config: { callers },
      schema: {
        operationId: 'rotateEndpointSecret',
        tags: ['events'],
        summary: 'Replace the secret of an endpoint',
        description: 'For 24 hours, requests are signed with the new and with the earlier secret, so that you can replace it without a gap.',
        params: idParams,
        response: { 200: endpointWithSecretResponse }
      }
    }, async (request) => {
      const id = idOf(request.params.id)
      await inTransaction(database, async (tx) => {
        if (!await rotateSecret(tx, vault, id, now())) return
        await recordAudit(tx, { actor: actorOf(request), action: 'endpoint.secret_rotated', target: { kind: 'endpoint', id } })
      })
      return await withSecret(id)
    })
  }

  async function withSecret (id: string): Promise<Static<typeof endpointWithSecretResponse>> {
    const endpoint = await findEndpoint(database, id)
    const secrets = await readSecrets(database, vault, id, now())
    if (endpoint === undefined || secrets === undefined) throw notFound('endpoint')
    return { ...toEndpointResponse(endpoint), secret: secrets[0] }
  }

  async function find (publicId: string): Promise<Endpoint> {
    return await findEndpoint(database, idOf(publicId)) ?? refuse()
  }

  function inputErrors ({ url, description }: Static<typeof endpointUpdateBody>): InputError[] {
    const urlFault = url === undefined ? undefined : endpointClient.findUrlFault(url)
    const descriptionFault = typeof description === 'string' ? nameFault(description) : undefined
    return [
      ...urlFault === undefined ? [] : [{ path: 'url', message: urlFault }],
      ...descriptionFault === undefined ? [] : [{ path: 'description', message: descriptionFault }]
    ]
  }
}

function idOf (publicId: string): string {
  return parseId('endpoint', publicId) ?? refuse()
}

function refuse (): never {
  throw notFound('endpoint')
}
