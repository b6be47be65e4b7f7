import { inArray } from 'drizzle-orm'
import { grants } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import { releaseGrants } from './release-grants.ts'
import type { Revocation } from './release-grants.ts'

const maxReleased = 100

/**
 * Erases the credentials of shared grants whose last connection ended because its address is gone, and queues their revocation.
 * Returns their number.
 */
export async function releaseUnusedGrants ({ sql, db }: Database, revocation: Revocation): Promise<number> {
  const unused = await sql<Array<{ grantId: string, key: string }>>`
    select id as "grantId", key from grants
    where key is not null and status <> 'revoked'
      and not exists (select from connections where grant_id = grants.id and status <> 'revoked')
    order by id limit ${maxReleased}`
  if (unused.length === 0) return 0
  await db.transaction(async (tx) => {
    // A user who connects now holds the lock until the new connection is visible.
    await tx.select({ id: grants.id }).from(grants).where(inArray(grants.id, unused.map(({ grantId }) => grantId))).orderBy(grants.id).for('update')
    const ended = unused.map(({ grantId, key }) => ({ grantId, connectionId: null, accountId: key }))
    await releaseGrants({ db: tx }, ended, revocation)
  })
  return unused.length
}
