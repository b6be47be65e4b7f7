import type { Grant } from '../providers/index.ts'

/** A grant as JSON holds it, whose dates are texts. */
export type StoredGrant = Omit<Grant, 'expiresAt' | 'requestedAt'> & { expiresAt?: string, requestedAt?: string }

export function reviveGrant ({ expiresAt, requestedAt, ...grant }: StoredGrant): Grant {
  return {
    ...grant,
    ...expiresAt !== undefined && { expiresAt: new Date(expiresAt) },
    ...requestedAt !== undefined && { requestedAt: new Date(requestedAt) }
  }
}
