import type { FastifyRequest } from 'fastify'
import { isBroadcast } from '@carillon/shared/notifications'
import type { Audience } from '@carillon/shared/notifications'
import { requireScope } from '../../auth/callers.ts'

/** A key that may notify named users needs another scope to notify everyone. */
export function requireBroadcast (request: FastifyRequest, audiences: Audience[]): void {
  if (audiences.some(isBroadcast)) requireScope(request, 'notifications:broadcast')
}
