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
  await db.transaction(async (tx) => {
    const ended = unused.map(({ grantId, key }) => ({ grantId, connectionId: null, accountId: key }))
    await releaseGrants({ db: tx }, ended, revocation)
  })
  return unused.length
}
