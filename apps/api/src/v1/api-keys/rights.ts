import type { ApiKey } from '@carillon/shared/api-keys'
import { assertNoInputErrors, Problem } from '../../problems/problem.ts'
import { maxExpirySeconds } from './schema.ts'
import type { ExpiryInput } from './schema.ts'

/** Throws Problem `exceedsOwnRights` when a key would have more scopes, or work for longer, than the caller. */
export function assertCovers (caller: ApiKey, { scopes, expiresAt }: Pick<ApiKey, 'scopes' | 'expiresAt'>): void {
  const missing = scopes.filter((scope) => !caller.scopes.includes(scope))
  if (missing.length > 0) {
    throw new Problem('exceedsOwnRights', `This API key does not have ${missing.join(', ')}, so it cannot create or change a key that has: use a key with these scopes`)
  }
  if (isLater(expiresAt, caller.expiresAt)) {
    throw new Problem('exceedsOwnRights', `This API key expires at ${caller.expiresAt?.toISOString() ?? ''}, so it cannot create or change a key that works for longer: use a key that expires later`)
  }
}

/** Null is never. */
export function isLater (one: Date | null, other: Date | null): boolean {
  return other !== null && (one === null || one > other)
}

/** The expiry in a body; undefined when it names none. Throws Problem `invalidInput`. */
export function readExpiry ({ expiresAt, expiresIn }: ExpiryInput, now: number): Date | null | undefined {
  if (expiresIn !== undefined) {
    if (expiresAt !== undefined) assertNoInputErrors([{ path: 'expiresIn', message: 'must not be sent together with expiresAt' }])
    return new Date(now + expiresIn * 1_000)
  }
  if (expiresAt === undefined || expiresAt === null) return expiresAt
  const time = new Date(expiresAt)
  if (Number.isNaN(time.getTime())) assertNoInputErrors([{ path: 'expiresAt', message: 'is not a moment in time' }])
  if (time.getTime() <= now) assertNoInputErrors([{ path: 'expiresAt', message: 'must be after now: revoke the key to end it now' }])
  if (time.getTime() > now + maxExpirySeconds * 1_000) assertNoInputErrors([{ path: 'expiresAt', message: 'must be within ten years from now' }])
  return time
}
