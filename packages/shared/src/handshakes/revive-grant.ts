import type { Grant } from '../providers/index.ts'

/** A grant as JSON holds it, whose dates are texts. */
export type StoredGrant = Omit<Grant, 'expiresAt'> & { expiresAt?: string }

export function reviveGrant ({ expiresAt, ...grant }: StoredGrant): Grant {
  return { ...grant, ...expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt) } }
}
