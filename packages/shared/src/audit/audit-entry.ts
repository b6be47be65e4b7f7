import { isIP } from 'node:net'
import { publicId } from '../db/index.ts'
import type { auditEntries, IdKind } from '../db/index.ts'
import { currentIpAddress, currentRequestId } from '../log/index.ts'
import type { AuditAction } from './actions.ts'

/** Who acts. An operator works at the command line, and has the name `account@host`. `system` is Carillon itself. */
export type Actor = { kind: 'apiKey' | 'user', id: string } | { kind: 'operator', name: string } | { kind: 'system' }

/** Ids are Carillon's, without prefixes. An encryption key is named by its own id. */
export interface AuditEntry {
  actor: Actor
  action: AuditAction
  target: { kind: IdKind | 'encryptionKey', id: string }
  /** The user and the team that the target belongs to, or is. */
  userId?: string | null | undefined
  teamId?: string | null | undefined
  /** What changed. Never a secret, the text of a message, or what names a person: such entries could not be kept. */
  details?: Record<string, unknown> | undefined
}

export type AuditRow = typeof auditEntries.$inferInsert

/** The row of an entry, with the request that the caller is handling. */
export function toAuditRow ({ actor, action, target, userId = null, teamId = null, details = {} }: AuditEntry): AuditRow {
  const ipAddress = currentIpAddress()
  return {
    action,
    actorKind: actor.kind,
    actorId: 'id' in actor ? actor.id : null,
    operator: 'name' in actor ? actor.name : null,
    targetKind: target.kind,
    targetId: target.kind === 'encryptionKey' ? target.id : publicId(target.kind, target.id),
    // What a user does to a team's connection concerns that user too.
    userId: userId ?? (actor.kind === 'user' ? actor.id : null),
    teamId,
    requestId: currentRequestId() ?? null,
    // A proxy may forward any text as the address.
    ipAddress: ipAddress === undefined || isIP(ipAddress) === 0 ? null : ipAddress,
    details
  }
}
