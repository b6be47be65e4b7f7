import { Type } from 'typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Services } from '../../services.ts'
import { compileBody } from '../../input/validation.ts'
import { exactly } from '../fields.ts'
import { importConnections } from '../../connections/import-connections.ts'
import { importItem } from '../../connections/import-item.ts'

/** A thousand items of two tokens of 4 KiB each, and room for the rest. */
const bodyLimit = 12 * 1024 * 1024

const size = { minItems: 1, maxItems: 1_000 }
/** What the contract says of the body, and what refuses all of it: the items are validated one by one. */
const newConnections = exactly({
  connections: Type.Array(Type.Unsafe<unknown>(importItem), {
    ...size, description: 'Each stands for itself. Where `account` is absent, the provider is asked whose credentials they are'
  })
})
const envelope = exactly({ connections: Type.Array(Type.Unknown(), size) })

const validateEnvelope = compileBody(envelope)

const importResult = Type.Object({
  index: Type.Integer(),
  userId: Type.Optional(Type.String({ description: 'Absent where the item has none that can be read' })),
  provider: Type.Optional(Type.String()),
  connectionId: Type.Optional(Type.String()),
  error: Type.Optional(Type.Object({
    code: Type.Enum([
      'invalidItem', 'unknownProvider', 'teamProvider', 'duplicate', 'badAccount', 'badCredentials', 'unauthorized', 'notIdentified'
    ]),
    reason: Type.String(),
    path: Type.Optional(Type.String({ description: 'For `invalidItem`: the field, such as `account.name`' }))
  }))
})

export function importRoutes (services: Services): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.post('/connections/import', {
      bodyLimit,
      config: { callers: { scope: 'connections:import' }, checksItems: true },
      validatorCompiler: () => validateEnvelope,
      schema: {
        operationId: 'importConnections',
        tags: ['connections'],
        summary: 'Take over tokens that the site already holds',
        body: newConnections,
        response: {
          200: Type.Object({
            imported: Type.Integer(),
            failed: Type.Integer(),
            data: Type.Array(importResult, { description: 'One for each item, in their order' })
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
