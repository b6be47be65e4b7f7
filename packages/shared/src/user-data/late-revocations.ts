import type { Database } from '../db/index.ts'

/** How long the credentials of a deleted user, and those that no connection used, may wait for their revocation. */
const maxDays = 7

/** Ends the revocations that have not succeeded in time, and erases the credentials and the accounts of all that have ended. */
export async function endLateRevocations ({ sql }: Pick<Database, 'sql'>, userId: string): Promise<void> {
  await endLate({ sql }, ofUser({ sql }, userId))
  await sql`update revocations set account_id = '' where state <> 'pending' and account_id <> '' and ${ofUser({ sql }, userId)}`
}

/**
 * Ends the late revocations of credentials from handshakes that no connection stored. Their rows do not name the user, who may
 * be deleted, so the bound holds for all of them.
 */
export async function endUnusedRevocations ({ sql }: Pick<Database, 'sql'>): Promise<void> {
  await endLate({ sql }, sql`connection_id is null`)
}

async function endLate ({ sql }: Pick<Database, 'sql'>, isMeant: ReturnType<typeof ofUser>): Promise<void> {
  await sql`
    update revocations set state = 'failed', reason = coalesce(reason, 'the provider was not available') || ', and the time for retries is over',
      credentials = null, account_id = '', due_at = null, updated_at = now()
    where state = 'pending' and created_at < now() - ${maxDays} * interval '1 day' and ${isMeant}`
}

export async function hasRevocations ({ sql }: Pick<Database, 'sql'>, userId: string): Promise<boolean> {
  return (await sql`select from revocations where state = 'pending' and ${ofUser({ sql }, userId)} limit 1`).count > 0
}

/** The user's own connections, and those that the user made for teams. */
function ofUser ({ sql }: Pick<Database, 'sql'>, userId: string) {
  return sql`connection_id in (
    select id from connections where user_id = ${userId}
    union all
    select (closed ->> 'connectionId')::uuid from user_deletions, jsonb_array_elements(connections) as closed where user_id = ${userId})`
}
