import type { FastifyRequest } from 'fastify'
import { findApiKey } from '@carillon/shared/api-keys'
import type { ApiKey } from '@carillon/shared/api-keys'
import { parseId } from '@carillon/shared/db'
import type { Database } from '@carillon/shared/db'
import { callingKey, refuseKey } from '../../auth/callers.ts'
import { notFound, Problem } from '../../problems/problem.ts'

/** Throws Problem `notFound`. */
export async function findKey (database: Database, id: string): Promise<ApiKey> {
  return await findApiKey(database, id) ?? refuse()
}

/** The key that a path names. Throws Problem `notFound`. */
export async function findNamedKey (database: Database, publicId: string): Promise<ApiKey> {
  return await findKey(database, parseId('apiKey', publicId) ?? refuse())
}

/** The calling key of a route that only keys may call. */
export function requireKey (request: FastifyRequest): ApiKey {
  return callingKey(request) ?? refuseKey()
}

export function refuseInactive (reason: 'revoked' | 'expired'): never {
  throw new Problem('apiKeyInactive', reason === 'revoked'
    ? 'The API key is revoked: create another one'
    : 'The API key has expired: send a later expiresAt, or create another key', { reason })
}

function refuse (): never {
  throw notFound('API key')
}
