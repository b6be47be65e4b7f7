import { Type } from 'typebox'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { refuseFaults } from '../problems/problem.ts'
import type { Services } from '../services.ts'
import { exactly, providerField, timeField, userIdField } from './fields.ts'
import { importConnections } from './import-connections.ts'

/** A thousand items of two tokens of 4 KiB each, and room for the rest. */
const bodyLimit = 12 * 1024 * 1024

const newConnections = exactly({
  connections: Type.Array(exactly({
    userId: userIdField,
    provider: providerField,
    credentials: Type.Object({
      accessToken: Type.String({ minLength: 1, maxLength: 4_096 }),
      refreshToken: Type.Optional(Type.String({ minLength: 1, maxLength: 4_096 }))
    }, { additionalProperties: true, description: 'Such as the provider gives them' }),
    account: Type.Optional(exactly({
      id: Type.String({ minLength: 1, maxLength: 500 }), name: Type.String({ minLength: 1, maxLength: 500 })
    })),
    expiresAt: Type.Optional(Type.String({ ...timeField, description: 'RFC 3339; when the access token expires' }))
  }), {
    minItems: 1,
    maxItems: 1_000,
    description: 'Where `account` is absent, the provider is asked whose credentials they are'
  })
})

const importResult = Type.Object({
  index: Type.Integer(),
  userId: Type.String(),
  provider: Type.String(),
  connectionId: Type.Optional(Type.String()),
  error: Type.Optional(Type.Object({
    code: Type.Enum(['unknownProvider', 'teamProvider', 'duplicate', 'badAccount', 'badCredentials', 'unauthorized', 'notIdentified']),
    reason: Type.String()
  }))
})

export function importRoutes (services: Services): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.post('/connections/import', {
      bodyLimit,
      config: { callers: { scope: 'connections:import' } },
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
      refuseFaults(connections.flatMap(({ expiresAt }, index) => {
        const isMoment = expiresAt === undefined || !Number.isNaN(Date.parse(expiresAt))
        return isMoment ? [] : [{ path: `connections.${index}.expiresAt`, message: 'is not a moment in time' }]
      }))
      const data = await importConnections(services, connections)
      const imported = data.filter(({ connectionId }) => connectionId !== undefined).length
      return { imported, failed: data.length - imported, data }
    })
  }
}
