import { inTransaction } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import { replaceCredentials } from '../grants/index.ts'
import type { UsedCredentials } from '../grants/index.ts'
import type { Credentials } from '../providers/index.ts'
import type { Vault } from '../vault/index.ts'
import { endRows } from './disconnect.ts'

/** The address to which the provider moved a connection, with the id of its account if that changed. */
export interface MovedAccount {
  credentials: Credentials
  accountId?: string | undefined
}

const mergedReason = 'it moved to an account that another connection has'

/**
 * Stores the address to which the provider moved a connection, and the new id of its account, if any. If another connection of
 * the same owner already receives messages for that account, the moved one ends, so that no message arrives twice. False when
 * the credentials or the target were replaced meanwhile.
 */
export async function moveConnection (
  database: Database, vault: Vault, used: UsedCredentials, { credentials, accountId }: MovedAccount
): Promise<boolean> {
  // One transaction: with the new address stored and not the id, no later message would move the account.
  return await inTransaction(database, async (tx) => {
    if (accountId === undefined || used.target !== null) return await replaceCredentials(tx, vault, used, credentials)
    const other = await lockAccounts(tx, used.connectionId, accountId)
    if (!await replaceCredentials(tx, vault, used, credentials)) return false
    await moveAccount(tx, used.connectionId, accountId, other)
    return true
  })
}

interface OtherConnection {
  id: string
  status: string
}

/** Locks the connection and the one of the same owner that has the account, if any, which it returns. */
async function lockAccounts ({ sql }: Database, id: string, accountId: string): Promise<OtherConnection | undefined> {
  const ids = sql`
    select ${id}::uuid union all
    select other.id from connections as moved
    join connections as other on other.provider = moved.provider and other.id <> moved.id and other.account_key = ${accountId}
      and (other.user_id = moved.user_id or other.team_id = moved.team_id)
    where moved.id = ${id}`
  // Grants are locked before connections, and both in the order of their ids, like in every statement.
  await sql`
    select from grants where id in (select grant_id from connections where id in (${ids})) order by id for update`
  const locked = await sql<OtherConnection[]>`
    select id, status from connections where id in (${ids}) order by id for no key update`
  return locked.find((connection) => connection.id !== id)
}

/** A later connect with the new id finds the connection by its key. */
async function moveAccount (
  { db, sql }: Database, id: string, accountId: string, other: OtherConnection | undefined
): Promise<void> {
  if (other?.status === 'active') {
    await endRows(db, [id], { reason: mergedReason })
    return
  }
  if (other !== undefined) {
    // It receives no messages, and the moved one just did. Its key is taken over, so that it is not opened again beside this one.
    await endRows(db, [other.id], { reason: 'another connection moved to its account' })
    await sql`update connections set account_key = 'replaced:' || id, updated_at = now() where id = ${other.id}`
  }
  await sql`
    update connections set account_id = ${accountId}, updated_at = now(),
      account_key = case when account_key = account_id then ${accountId} else account_key end
    where id = ${id}`
}
