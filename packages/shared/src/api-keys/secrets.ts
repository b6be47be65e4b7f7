import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { and, eq, isNull } from 'drizzle-orm'
import { apiKeys } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import { keyColumns, toApiKey } from './api-key.ts'
import type { ApiKey } from './api-key.ts'

/** `valid`: until `validUntil`, unless the key changes. `replaced`: the key has a newer secret. */
export type CheckedKey =
  | { state: 'valid', key: ApiKey, validUntil: Date | null }
  | { state: 'expired' | 'replaced', at: Date }

/** A key with a new secret: `ck_`, 32 hex digits of the row's id, and 43 characters of secret. */
export function newSecret (id: string): string {
  return `ck_${id.replaceAll('-', '')}${randomBytes(32).toString('base64url')}`
}

/** A fast hash is sufficient, because the secret has 256 bits and cannot be guessed. */
export function hashKey (key: string): string {
  return createHash('sha256').update(key).digest('hex')
}

/** Checks a key. Undefined when it is malformed, unknown or revoked. Compares in constant time. */
export async function checkApiKey ({ db }: Database, token: string, now: number): Promise<CheckedKey | undefined> {
  const id = /^ck_([0-9a-f]{32})[\w-]{43}$/.exec(token)?.[1]?.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
  if (id === undefined) return undefined
  const [row] = await db.select({ ...keyColumns, secretHash: apiKeys.secretHash }).from(apiKeys)
    .where(and(eq(apiKeys.id, id), isNull(apiKeys.revokedAt)))
  if (row === undefined) return undefined
  const { secretHash, ...found } = row
  const known = [{ hash: secretHash, until: undefined }, ...row.earlierSecrets]
  const secret = known.find((one) => timingSafeEqual(Buffer.from(one.hash), Buffer.from(hashKey(token))))
  if (secret === undefined) return undefined
  const { expiresAt } = row
  if (expiresAt !== null && expiresAt.getTime() <= now) return { state: 'expired', at: expiresAt }
  if (secret.until === undefined) return { state: 'valid', key: toApiKey(found), validUntil: expiresAt }
  const until = new Date(secret.until)
  if (secret.until <= now) return { state: 'replaced', at: until }
  return { state: 'valid', key: toApiKey(found), validUntil: expiresAt !== null && expiresAt < until ? expiresAt : until }
}

/** The API key of a token; undefined when it is not accepted. */
export async function verifyApiKey (database: Database, token: string, now = Date.now()): Promise<ApiKey | undefined> {
  const checked = await checkApiKey(database, token, now)
  return checked?.state === 'valid' ? checked.key : undefined
}
