import type { FastifyRequest } from 'fastify'
import { isBroadcast } from '@carillon/shared/notifications'
import type { Audience } from '@carillon/shared/notifications'
import { requireScope } from '../../auth/callers.ts'

/** Whoever may ring people by name may not ring everybody for that. */
export function requireBroadcast (request: FastifyRequest, audiences: Audience[]): void {
  if (audiences.some(isBroadcast)) requireScope(request, 'notifications:broadcast')
}
