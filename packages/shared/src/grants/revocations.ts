import { sql } from 'drizzle-orm'
import { newId, revocations } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import { currentRequestId } from '../log/index.ts'
import type { Credentials, Grant, Provider } from '../providers/index.ts'
import { sealContext } from '../vault/index.ts'
import type { SealContext, Vault } from '../vault/index.ts'

/** Credentials to revoke at their provider. */
export interface DueRevocation {
  id: string
  /** Null for credentials that no connection used. */
  connectionId: string | null
  provider: string
  accountId: string
  attempts: number
  /** Sealed. */
  credentials: string
  /** The id of the request that ended the use of the credentials. */
  requestId: string | null
}

/** The result of a revocation. */
export interface RevocationResult {
  state: 'pending' | 'done' | 'failed'
  attempts: number
  reason: string | null
  at: Date
}

/** Credentials that are no longer used. */
export interface NewRevocation {
  /** Null for credentials that no connection used. */
  connectionId: string | null
  provider: string
  accountId: string
  credentials: Credentials
}

/** The revocation of a grant that no connection uses. A shared one has the key by which other connections are found. */
export function toRevocation (provider: string, { account, credentials, shared }: Grant): NewRevocation {
  return { connectionId: null, provider, accountId: shared?.key ?? account.id, credentials }
}

/** Queues the revocation of credentials. The worker revokes them at the provider, and retries after errors. */
export async function queueRevocation (database: Pick<Database, 'db'>, vault: Vault, revocation: NewRevocation): Promise<void> {
  await queueRevocations(database, vault, [revocation])
}

/** Queues several revocations in one statement. */
export async function queueRevocations (
  { db }: Pick<Database, 'db'>, vault: Vault, all: NewRevocation[]
): Promise<void> {
  if (all.length === 0) return
  await db.insert(revocations).values(all.map(({ connectionId, provider, accountId, credentials }) => {
    const id = newId()
    const sealed = vault.seal(JSON.stringify(credentials), revocationContext(id))
    return { id, connectionId, provider, accountId, credentials: sealed, dueAt: sql`now()`, requestId: currentRequestId() ?? null }
  }))
}

/** Leases up to `limit` due revocations for `leaseMs`. */
export async function takeRevocations (
  { sql }: Database, { limit, leaseMs }: { limit: number, leaseMs: number }
): Promise<DueRevocation[]> {
  return sql<DueRevocation[]>`
    update revocations set due_at = now() + ${leaseMs}::int * interval '1 millisecond', attempts = attempts + 1
    where id in (
      select id from revocations where state = 'pending' and due_at <= now() order by due_at limit ${limit} for update skip locked)
    returning id, connection_id as "connectionId", provider, account_id as "accountId", attempts, credentials,
      request_id as "requestId"`
}

/** Ends a revocation, successfully or not, and deletes the credentials and the name of their account. */
export async function endRevocation (
  { sql }: Database, id: string, outcome: { state: 'done', reason?: string } | { state: 'failed', reason: string }
): Promise<void> {
  await sql`
    update revocations set state = ${outcome.state}, reason = ${outcome.reason ?? null},
      credentials = null, account_id = '', due_at = null, updated_at = now()
    where id = ${id}`
}

/**
 * Whether the revocation of credentials would end others that are in use now: the same ones in a shared grant, or those of
 * another connection to the account, where `revokes` is `account`.
 */
export async function isInUse (
  { sql }: Database, { provider, accountId }: Pick<DueRevocation, 'provider' | 'accountId'>, revokes: Provider['revokes']
): Promise<boolean> {
  const rows = await sql`
    select from grants where provider = ${provider} and key = ${accountId} and status <> 'revoked'
    union all
    select from connections
    where ${revokes === 'account'} and provider = ${provider} and account_id = ${accountId} and status <> 'revoked' limit 1`
  return rows.length === 1
}

/** Retries a revocation after `delayMs`. */
export async function retryRevocation ({ sql }: Database, id: string, reason: string, delayMs: number): Promise<void> {
  await sql`
    update revocations set reason = ${reason}, due_at = now() + ${delayMs}::int * interval '1 millisecond', updated_at = now()
    where id = ${id} and state = 'pending'`
}

/** Stores credentials that the provider issued while it revoked the old ones. A retry then revokes these. */
export async function replaceRevoked ({ sql }: Database, vault: Vault, id: string, credentials: Credentials): Promise<void> {
  await sql`
    update revocations set credentials = ${vault.seal(JSON.stringify(credentials), revocationContext(id))}, updated_at = now()
    where id = ${id} and state = 'pending'`
}

/** The last revocation of a connection's credentials, if any. */
export async function findRevocation ({ sql }: Database, connectionId: string): Promise<RevocationResult | undefined> {
  const [row] = await sql<Array<Omit<RevocationResult, 'at'> & { at: string }>>`
    select state, attempts, reason, updated_at as at from revocations where connection_id = ${connectionId} order by id desc limit 1`
  return row === undefined ? undefined : { ...row, at: new Date(row.at) }
}

/** The context of the sealed credentials of a revocation. */
export function revocationContext (id: string): SealContext {
  return sealContext('revocations.credentials', id)
}
