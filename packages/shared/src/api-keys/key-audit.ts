import type { Actor, AuditEntry } from '../audit/index.ts'
import type { ApiKey } from './api-key.ts'

/** Entries of the audit trail about keys. Names of keys are not part of them, because a name may be that of a person. */
export function keyCreated (actor: Actor, { id, scopes, expiresAt }: Pick<ApiKey, 'id' | 'scopes' | 'expiresAt'>): AuditEntry {
  return { actor, action: 'api_key.created', target: target(id), details: { scopes, expiresAt } }
}

/** The fields are those of the request. */
export function keyChanged (
  actor: Actor, id: string, { name, expiresAt }: { name?: string | undefined, expiresAt?: Date | null | undefined }
): AuditEntry {
  const changed = [...name === undefined ? [] : ['name'], ...expiresAt === undefined ? [] : ['expiresAt']]
  return { actor, action: 'api_key.changed', target: target(id), details: { changed, ...expiresAt !== undefined && { expiresAt } } }
}

export function keyRotated (
  actor: Actor, id: string, { overlapSeconds, expiresAt }: { overlapSeconds: number, expiresAt?: Date | null | undefined }
): AuditEntry {
  return { actor, action: 'api_key.rotated', target: target(id), details: { overlapSeconds, ...expiresAt !== undefined && { expiresAt } } }
}

export function keyRevoked (actor: Actor, id: string): AuditEntry {
  return { actor, action: 'api_key.revoked', target: target(id) }
}

function target (id: string): AuditEntry['target'] {
  return { kind: 'apiKey', id }
}
