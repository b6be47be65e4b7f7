import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { and, desc, eq, isNull, sql } from 'drizzle-orm'
import { apiKeys, newId } from '../db/index.ts'
import type { Database, Scope } from '../db/index.ts'

export interface ApiKey {
  id: string
  name: string
  scopes: Scope[]
  createdAt: Date
  revokedAt: Date | null
}

const columns = {
  id: apiKeys.id, name: apiKeys.name, scopes: apiKeys.scopes, createdAt: apiKeys.createdAt, revokedAt: apiKeys.revokedAt
}

/**
 * Creates a key: `ck_`, 32 hex digits of the row's id, and 43 characters of secret. `key` is not stored, so return it to the
 * user now.
 */
export async function createApiKey (
  { db }: Database, { name, scopes }: { name: string, scopes: Scope[] }
): Promise<{ id: string, key: string }> {
  const id = newId()
  const key = `ck_${id.replaceAll('-', '')}${randomBytes(32).toString('base64url')}`
  await db.insert(apiKeys).values({ id, name, scopes, secretHash: hash(key) })
  return { id, key }
}

/** Finds the row of `key`. Undefined when it is malformed, unknown or revoked. Compares in constant time. */
export async function findApiKey ({ db }: Database, key: string): Promise<ApiKey | undefined> {
  const id = /^ck_([0-9a-f]{32})[\w-]{43}$/.exec(key)?.[1]?.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
  if (id === undefined) return undefined
  const [row] = await db.select({ ...columns, secretHash: apiKeys.secretHash }).from(apiKeys)
    .where(and(eq(apiKeys.id, id), isNull(apiKeys.revokedAt)))
  if (row === undefined) return undefined
  const { secretHash, ...found } = row
  return timingSafeEqual(Buffer.from(secretHash), Buffer.from(hash(key))) ? found : undefined
}

/** All keys, newest first, including revoked ones. */
export async function listApiKeys ({ db }: Database): Promise<ApiKey[]> {
  return db.select(columns).from(apiKeys).orderBy(desc(apiKeys.id))
}

/** Revokes a key. False when it does not exist or is already revoked. */
export async function revokeApiKey ({ db }: Database, id: string): Promise<boolean> {
  const rows = await db.update(apiKeys).set({ revokedAt: sql`now()` })
    .where(and(eq(apiKeys.id, id), isNull(apiKeys.revokedAt))).returning({ id: apiKeys.id })
  return rows.length === 1
}

/** A fast hash is sufficient, because the secret has 256 bits and cannot be guessed. */
function hash (key: string): string {
  return createHash('sha256').update(key).digest('hex')
}
