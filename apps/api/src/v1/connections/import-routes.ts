import { Type } from 'typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { actorOf } from '../../auth/callers.ts'
import { costs } from '../../rate-limits/costs.ts'
import type { Services } from '../../services.ts'
import { compileBody } from '../../input/validation.ts'
import { importConnections } from '../../connections/import-connections.ts'
import { importResultResponse } from './response.ts'
import { importBody, importEnvelope } from './schema.ts'

/** 1,000 items with two tokens of 4 KiB each, and their other fields. */
const bodyLimit = 12 * 1024 * 1024

const validateEnvelope = compileBody(importEnvelope)

export function importRoutes (services: Services): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.post('/connections/import', {
      bodyLimit,
      config: { cost: costs.bulk, callers: { scope: 'connections:import' }, checksItems: true },
      validatorCompiler: ({ schema, httpPart }) => httpPart === 'body' ? validateEnvelope : compileBody(schema),
      schema: {
        operationId: 'importConnections',
        tags: ['connections'],
        summary: 'Import connections',
        description: 'For accounts whose tokens you already have. Each item is imported by itself.',
        body: importBody,
        response: {
          200: Type.Object({
            imported: Type.Integer(),
            failed: Type.Integer(),
            data: Type.Array(importResultResponse, { description: 'A result for each item, in the order of the items' })
          }, { title: 'ImportResults' })
        }
      }
    }, async (request) => {
      const data = await importConnections(services, request.body.connections, actorOf(request))
      const imported = data.filter(({ connectionId }) => connectionId !== undefined).length
      return { imported, failed: data.length - imported, data }
    })
  }
}
