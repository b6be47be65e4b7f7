import { apiKeys } from '../db/index.ts'
import type { Scope } from '../db/index.ts'

export interface ApiKey {
  id: string
  name: string
  scopes: Scope[]
  createdAt: Date
  /** Null when it does not expire. */
  expiresAt: Date | null
  revokedAt: Date | null
  /** When the present secret replaced an earlier one. */
  rotatedAt: Date | null
  /** When the last earlier secret stops working, or has stopped. Null without one. */
  earlierSecretsUntil: Date | null
  /** To the minute. Null when it was never used. */
  lastUsedAt: Date | null
  /** The network of that request: an IPv4 address or an IPv6 /64. */
  lastUsedFrom: string | null
  /** Increases when secrets or the expiry change. */
  version: number
}

export const keyStatuses = ['active', 'expired', 'revoked'] as const

/** In this folder, `now` is in milliseconds since the epoch. */
export function keyStatus ({ revokedAt, expiresAt }: Pick<ApiKey, 'revokedAt' | 'expiresAt'>, now: number): typeof keyStatuses[number] {
  if (revokedAt !== null) return 'revoked'
  return expiresAt !== null && expiresAt.getTime() <= now ? 'expired' : 'active'
}

/** Until when an earlier secret works. Null when none does. */
export function overlapEnd (key: Pick<ApiKey, 'revokedAt' | 'expiresAt' | 'earlierSecretsUntil'>, now: number): Date | null {
  const { earlierSecretsUntil: until, expiresAt } = key
  if (until === null || until.getTime() <= now || keyStatus(key, now) !== 'active') return null
  return expiresAt !== null && expiresAt < until ? expiresAt : until
}

/** The columns that `toApiKey` reads. */
export const keyColumns = {
  id: apiKeys.id,
  name: apiKeys.name,
  scopes: apiKeys.scopes,
  createdAt: apiKeys.createdAt,
  expiresAt: apiKeys.expiresAt,
  revokedAt: apiKeys.revokedAt,
  rotatedAt: apiKeys.rotatedAt,
  earlierSecrets: apiKeys.earlierSecrets,
  lastUsedAt: apiKeys.lastUsedAt,
  lastUsedFrom: apiKeys.lastUsedFrom,
  version: apiKeys.version
}

export type KeyRow = Pick<typeof apiKeys.$inferSelect, keyof typeof keyColumns>

export function toApiKey ({ earlierSecrets, ...key }: KeyRow): ApiKey {
  const [newest] = earlierSecrets
  return { ...key, earlierSecretsUntil: newest === undefined ? null : new Date(newest.until) }
}
