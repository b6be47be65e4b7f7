import { VaultError } from '../vault/index.ts'
import type { Vault } from '../vault/index.ts'
import type { Database } from '../db/index.ts'
import { grants } from '../db/index.ts'
import { inArray, sql } from 'drizzle-orm'
import type { Credentials } from '../providers/index.ts'
import { queueRevocations } from './revocations.ts'
import { credentialsContext } from './seal.ts'

/** A grant whose last connection may have ended. */
export interface EndedGrant {
  grantId: string
  /** The connection that ended, which shows the result of the revocation. */
  connectionId: string | null
  accountId: string
}

/** How credentials are revoked at their providers. */
export interface Revocation {
  vault: Vault
  canRevoke: (provider: string) => boolean
}

/**
 * Erases the credentials of those grants that no open connection uses any more, and queues their revocation. The caller holds
 * the locks of the grants.
 */
export async function releaseGrants (
  { db }: Pick<Database, 'db'>, ended: EndedGrant[], revocation: Revocation | undefined
): Promise<void> {
  const ids = ended.map(({ grantId }) => grantId)
  if (ids.length === 0) return
  const unused = await db.select().from(grants).where(sql`${inArray(grants.id, ids)} and ${grants.status} <> 'revoked'
    and not exists (select from connections where grant_id = ${grants.id} and status <> 'revoked')`).orderBy(grants.id).for('update')
  const endOf = new Map(ended.map((one) => [one.grantId, one]))
  if (revocation !== undefined) {
    const { vault, canRevoke } = revocation
    await queueRevocations({ db }, vault, unused.flatMap(({ id, key, provider, credentials }) => {
      const opened = canRevoke(provider) ? openUnparsed(vault, id, credentials) : undefined
      const end = endOf.get(id)
      if (opened === undefined || end === undefined) return []
      return [{ connectionId: end.connectionId, provider, accountId: key ?? end.accountId, credentials: opened }]
    }))
  }
  await db.update(grants).set({
    status: 'revoked',
    credentials: null,
    version: sql`${grants.version} + 1`,
    expiresAt: null,
    refreshAfter: null,
    leaseOwner: null,
    leaseUntil: null,
    updatedAt: sql`now()`
  }).where(inArray(grants.id, unused.map(({ id }) => id)))
}

/** Undefined without credentials, or without the key that sealed them: the user must still be able to disconnect. */
export function openUnparsed (vault: Vault, grantId: string, credentials: string | null): Credentials | undefined {
  if (credentials === null) return undefined
  try {
    return JSON.parse(vault.open(credentials, credentialsContext(grantId)))
  } catch (error) {
    if (error instanceof VaultError) return undefined
    throw error
  }
}
