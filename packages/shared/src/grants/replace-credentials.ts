import type { PendingQuery, Row } from 'postgres'
import type { Database } from '../db/index.ts'
import type { Credentials } from '../providers/index.ts'
import type { Vault } from '../vault/index.ts'
import { openTarget, sealCredentials, sealTarget } from './seal.ts'

/** The credentials with which a message was sent. */
interface UsedCredentials {
  grantId: string
  credentialsVersion: number
  connectionId: string
  /** Sealed. Null when the grant has no other connection. */
  target: string | null
}

/**
 * Stores the address to which the provider moved a connection, and the new id of its account, if any. Where the connection shares
 * its grant, only its target changes. False when the credentials or the target were replaced meanwhile.
 */
export async function replaceCredentials (
  { sql }: Database, vault: Vault, used: UsedCredentials,
  { credentials, accountId }: { credentials: Credentials, accountId?: string | undefined }
): Promise<boolean> {
  const { grantId, credentialsVersion, connectionId, target } = used
  if (target !== null) {
    const moved = new Map<string, unknown>(Object.entries(credentials))
    const own = Object.fromEntries(Object.keys(openTarget(vault, connectionId, target)).map((name) => [name, moved.get(name)]))
    const { count } = await sql`
      update connections set target = ${sealTarget(vault, connectionId, own)}, updated_at = now()
      where id = ${connectionId} and target = ${target}`
    return count === 1
  }
  // One statement: with the new address stored and not the id, no later message would move the account.
  const [row] = await sql<Array<{ isStored: boolean }>>`
    with stored as (
      update grants set credentials = ${sealCredentials(vault, grantId, credentials)}, version = version + 1, updated_at = now()
      where id = ${grantId} and version = ${credentialsVersion} and status = 'active' returning id
    ), moved as (${moveAccount(sql, connectionId, accountId ?? null)})
    select exists (select from stored) as "isStored"`
  return row?.isStored === true
}

/**
 * A later connect with the new id finds the connection by its key. A connection of the same owner that has the id already keeps
 * it.
 */
function moveAccount (sql: Database['sql'], connectionId: string, accountId: string | null): PendingQuery<Row[]> {
  return sql`
    update connections as moved set account_id = ${accountId}::text, updated_at = now(),
      account_key = case when account_key = account_id then ${accountId}::text else account_key end
    where id = ${connectionId} and ${accountId}::text is not null and exists (select from stored) and not exists (
      select from connections as other where other.provider = moved.provider and other.id <> moved.id
        and other.account_key = ${accountId}::text and (other.user_id = moved.user_id or other.team_id = moved.team_id))`
}
