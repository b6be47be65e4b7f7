import { Type } from 'typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Services } from '../../services.ts'
import { compileBody } from '../../input/validation.ts'
import { exactly } from '../../input/fields.ts'
import { importConnections } from '../../connections/import-connections.ts'
import { importItem } from '../../connections/import-item.ts'

/** 1,000 items with two tokens of 4 KiB each, and their other fields. */
const bodyLimit = 12 * 1024 * 1024

const size = { minItems: 1, maxItems: 1_000 }
/** The body as the contract shows it. `envelope` validates it, and each item is validated by itself. */
const importBody = exactly({
  connections: Type.Array(Type.Unsafe<unknown>(importItem), {
    ...size, description: 'An invalid item does not affect the others. Without `account`, Carillon asks the provider for the account'
  })
})
const envelope = exactly({ connections: Type.Array(Type.Unknown(), size) })

const validateEnvelope = compileBody(envelope)

const importResultResponse = Type.Object({
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
  }))
}, { title: 'ImportResult' })

export function importRoutes (services: Services): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.post('/connections/import', {
      bodyLimit,
      config: { callers: { scope: 'connections:import' }, checksItems: true },
      validatorCompiler: () => validateEnvelope,
      schema: {
        operationId: 'importConnections',
        tags: ['connections'],
        summary: 'Import connections whose tokens you already have',
        body: importBody,
        response: {
          200: Type.Object({
            imported: Type.Integer(),
            failed: Type.Integer(),
            data: Type.Array(importResultResponse, { description: 'A result for each item, in the order of the items' })
          })
        }
      }
    }, async ({ body: { connections } }) => {
      const data = await importConnections(services, connections)
      const imported = data.filter(({ connectionId }) => connectionId !== undefined).length
      return { imported, failed: data.length - imported, data }
    })
  }
}
