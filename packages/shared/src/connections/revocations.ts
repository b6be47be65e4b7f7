import { sql } from 'drizzle-orm'
import { newId, revocations } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import type { Credentials } from '../providers/index.ts'
import type { Place, Vault } from '../vault/index.ts'

/** Credentials to be ended at their provider. */
export interface DueRevocation {
  id: string
  /** Null for credentials that no connection ever held. */
  connectionId: string | null
  provider: string
  accountId: string
  attempts: number
  /** Sealed. */
  credentials: string
}

/** What has become of the credentials of a connection at its provider. */
export interface RevocationResult {
  state: 'pending' | 'done' | 'failed'
  attempts: number
  reason: string | null
  at: Date
}

/** Credentials that are of no more use to us. */
export interface NewRevocation {
  /** Null for credentials that no connection ever held. */
  connectionId: string | null
  provider: string
  accountId: string
  credentials: Credentials
}

/** Asks for credentials to be ended at the provider; the maintainer does it, and tries again when it fails. */
export async function queueRevocation (database: Pick<Database, 'db'>, vault: Vault, revocation: NewRevocation): Promise<void> {
  await queueRevocations(database, vault, [revocation])
}

/** The same for many, in one statement. */
export async function queueRevocations (
  { db }: Pick<Database, 'db'>, vault: Vault, all: NewRevocation[]
): Promise<void> {
  if (all.length === 0) return
  await db.insert(revocations).values(all.map(({ connectionId, provider, accountId, credentials }) => {
    const id = newId()
    return { id, connectionId, provider, accountId, credentials: vault.seal(JSON.stringify(credentials), placeOf(id)), dueAt: sql`now()` }
  }))
}

/** Takes up to `limit` that are due, for `leaseMs`; nobody else gets them meanwhile. */
export async function takeRevocations (
  { sql }: Database, { limit, leaseMs }: { limit: number, leaseMs: number }
): Promise<DueRevocation[]> {
  return sql<DueRevocation[]>`
    update revocations set due_at = now() + ${leaseMs}::int * interval '1 millisecond', attempts = attempts + 1
    where id in (
      select id from revocations where state = 'pending' and due_at <= now() order by due_at limit ${limit} for update skip locked)
    returning id, connection_id as "connectionId", provider, account_id as "accountId", attempts, credentials`
}

/** Ends one, well or not; the credentials are erased. */
export async function endRevocation (
  { sql }: Database, id: string, outcome: { state: 'done', reason?: string } | { state: 'failed', reason: string }
): Promise<void> {
  await sql`
    update revocations set state = ${outcome.state}, reason = ${outcome.reason ?? null},
      credentials = null, due_at = null, updated_at = now()
    where id = ${id}`
}

/** Whether an account of the provider's is connected right now, by whomever. */
export async function isConnected ({ sql }: Database, provider: string, accountId: string): Promise<boolean> {
  const rows = await sql`
    select from connections where provider = ${provider} and account_id = ${accountId} and status <> 'revoked' limit 1`
  return rows.length === 1
}

/** Tries one again, `delayMs` from now. */
export async function retryRevocation ({ sql }: Database, id: string, reason: string, delayMs: number): Promise<void> {
  await sql`
    update revocations set reason = ${reason}, due_at = now() + ${delayMs}::int * interval '1 millisecond', updated_at = now()
    where id = ${id} and state = 'pending'`
}

/** The latest revocation of a connection's credentials, if there was one. */
export async function findRevocation ({ sql }: Database, connectionId: string): Promise<RevocationResult | undefined> {
  const [row] = await sql<Array<Omit<RevocationResult, 'at'> & { at: string }>>`
    select state, attempts, reason, updated_at as at from revocations where connection_id = ${connectionId} order by id desc limit 1`
  return row === undefined ? undefined : { ...row, at: new Date(row.at) }
}

/** Where the sealed credentials of a revocation stand. */
export function revocationPlace (id: string): Place {
  return placeOf(id)
}

function placeOf (id: string): Place {
  return { table: 'revocations', column: 'credentials', id }
}
