import { and, desc, eq, gt, isNotNull, isNull, lt, lte, or, sql } from 'drizzle-orm'
import { apiKeys, newId } from '../db/index.ts'
import type { Database, Scope } from '../db/index.ts'
import { keyColumns, toApiKey } from './api-key.ts'
import type { ApiKey, keyStatuses } from './api-key.ts'
import { hashKey, newSecret } from './secrets.ts'

export interface NewApiKey {
  /** Of a request that may have been handled before, and whose response was lost: the key then gets another secret. */
  id?: string
  name: string
  scopes: Scope[]
  expiresAt?: Date | null | undefined
}

/** Creates a key. `key` is not stored, so return it to the user now. `isNew` is false when the id existed. */
export async function createApiKey (
  { db }: Pick<Database, 'db'>, { id = newId(), name, scopes, expiresAt = null }: NewApiKey
): Promise<{ id: string, key: string, isNew: boolean }> {
  const key = newSecret(id)
  const secretHash = hashKey(key)
  const [row] = await db.insert(apiKeys).values({ id, name, scopes, expiresAt, secretHash })
    .onConflictDoUpdate({ target: apiKeys.id, set: { secretHash, version: sql`${apiKeys.version} + 1` } })
    .returning({ version: apiKeys.version })
  return { id, key, isNew: row?.version === 0 }
}

export async function findApiKey ({ db }: Pick<Database, 'db'>, id: string): Promise<ApiKey | undefined> {
  const [row] = await db.select(keyColumns).from(apiKeys).where(eq(apiKeys.id, id))
  return row && toApiKey(row)
}

export interface KeyPage {
  limit?: number
  /** Only older keys. */
  before?: string | undefined
  status?: typeof keyStatuses[number] | undefined
  now?: number
}

/** Lists keys, newest first, including revoked ones. */
export async function listApiKeys ({ db }: Pick<Database, 'db'>, { limit, before, status, now = Date.now() }: KeyPage = {}): Promise<ApiKey[]> {
  const time = new Date(now)
  const conditions = {
    active: and(isNull(apiKeys.revokedAt), or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, time))),
    expired: and(isNull(apiKeys.revokedAt), lte(apiKeys.expiresAt, time)),
    revoked: isNotNull(apiKeys.revokedAt)
  }
  const query = db.select(keyColumns).from(apiKeys)
    .where(and(status && conditions[status], before === undefined ? undefined : lt(apiKeys.id, before)))
    .orderBy(desc(apiKeys.id)).$dynamic()
  return (await (limit === undefined ? query : query.limit(limit))).map(toApiKey)
}

/** Changes a key that is not revoked. Undefined when there is none. */
export async function updateApiKey (
  { db }: Pick<Database, 'db'>, id: string, { name, expiresAt }: { name?: string | undefined, expiresAt?: Date | null | undefined }
): Promise<ApiKey | undefined> {
  const [row] = await db.update(apiKeys).set({
    // An update without changes would be an error.
    name: name ?? sql`${apiKeys.name}`,
    ...expiresAt !== undefined && { expiresAt, version: sql`${apiKeys.version} + 1` }
  }).where(and(eq(apiKeys.id, id), isNull(apiKeys.revokedAt))).returning(keyColumns)
  return row && toApiKey(row)
}
