import { and, eq, gt, isNotNull, isNull, lte, ne, sql } from 'drizzle-orm'
import { handshakes } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import type { Grant } from '../providers/index.ts'
import { VaultError } from '../vault/index.ts'
import type { Place, Vault } from '../vault/index.ts'
import { ofBrowsers } from './browsers.ts'
import { isPending } from './handshakes.ts'
import type { Handshake } from './handshakes.ts'
import { queueRevocations } from '../connections/index.ts'

/** How long a user may take to confirm whose account it is. */
const decisionMs = 10 * 60 * 1000
const maxAbandoned = 100

/** Keeps the grant of a claimed handshake sealed until the user confirms the account, and releases the claim. */
export async function holdGrant ({ db }: Database, vault: Vault, id: string, grant: Grant, now: number): Promise<void> {
  await db.update(handshakes).set({
    pending: vault.seal(JSON.stringify(grant), contextOf(id)),
    obtainedAt: new Date(now),
    claimedAt: null,
    expiresAt: sql`greatest(${handshakes.expiresAt}, ${new Date(now + decisionMs).toISOString()}::timestamptz)`
  }).where(and(isPending(id), isNotNull(handshakes.claimedAt)))
}

/** The grant that waits for its user; undefined when there is none. Throws VaultError. */
export function openObtainedGrant (
  vault: Vault, { id, pending, isObtained }: Pick<Handshake, 'id' | 'pending' | 'isObtained'>
): Grant | undefined {
  return isObtained && pending !== null ? toGrant(vault, id, pending) : undefined
}

/** Claims the handshake for the user's decision and returns the grant; undefined when it was decided or has ended. */
export async function takeObtainedGrant (
  { sql: tagged }: Database, vault: Vault, id: string, now: number
): Promise<Grant | undefined> {
  const moment = new Date(now).toISOString()
  const [row] = await tagged<Array<{ pending: string }>>`
    with held as (
      select id, pending from handshakes
      where id = ${id} and status = 'pending' and claimed_at is null and obtained_at is not null and expires_at > ${moment}::timestamptz
      for update
    )
    update handshakes set claimed_at = ${moment}::timestamptz, obtained_at = null, pending = null
    from held where handshakes.id = held.id returning held.pending`
  return row === undefined ? undefined : toGrant(vault, id, row.pending)
}

/**
 * Ends the browser's other confirmed handshakes at a provider whose answers do not say which handshake they belong to.
 * Credentials that waited in one of them are revoked where `canRevoke`.
 */
export async function supersedeHandshakes (
  { db }: Database, vault: Vault,
  { id, browsers, provider, canRevoke }: { id: string, browsers: string[], provider: string, canRevoke: boolean }, now: number
): Promise<void> {
  if (browsers.length === 0) return
  await db.transaction(async (tx) => {
    const ended = await tx.select(columns).from(handshakes).where(and(
      ofBrowsers(browsers, provider), ne(handshakes.id, id), eq(handshakes.status, 'pending'), isNull(handshakes.claimedAt),
      gt(handshakes.expiresAt, new Date(now))
    )).orderBy(handshakes.id).for('update')
    for (const row of ended) {
      const end = { status: 'failed', error: 'superseded', claimedAt: new Date(now), obtainedAt: null, pending: null } as const
      await tx.update(handshakes).set(end).where(eq(handshakes.id, row.id))
    }
    await revokeGrants({ db: tx }, vault, ended, () => canRevoke)
  })
}

/** Removes the credentials of expired handshakes that no user confirmed, and revokes them where that is possible. */
export async function revokeAbandonedGrants (
  { db }: Database, vault: Vault, canRevoke: (provider: string) => boolean, now: number
): Promise<number> {
  return await db.transaction(async (tx) => {
    const abandoned = await tx.select(columns).from(handshakes).where(and(
      eq(handshakes.status, 'pending'), isNotNull(handshakes.obtainedAt), lte(handshakes.expiresAt, new Date(now))
    )).orderBy(handshakes.expiresAt).limit(maxAbandoned).for('update', { skipLocked: true })
    for (const { id } of abandoned) {
      await tx.update(handshakes).set({ obtainedAt: null, pending: null }).where(eq(handshakes.id, id))
    }
    await revokeGrants({ db: tx }, vault, abandoned, canRevoke)
    return abandoned.length
  })
}

const columns = {
  id: handshakes.id, provider: handshakes.provider, pending: handshakes.pending, obtainedAt: handshakes.obtainedAt
}

type EndedRow = Pick<typeof handshakes.$inferSelect, keyof typeof columns>

async function revokeGrants (
  database: Pick<Database, 'db'>, vault: Vault, rows: EndedRow[], canRevoke: (provider: string) => boolean
): Promise<void> {
  await queueRevocations(database, vault, rows.flatMap(({ id, provider, pending, obtainedAt }) => {
    if (obtainedAt === null || pending === null || !canRevoke(provider)) return []
    const grant = readableGrant(vault, id, pending)
    if (grant === undefined) return []
    return [{ connectionId: null, provider, accountId: grant.account.id, credentials: grant.credentials }]
  }))
}

/** Undefined when the key that sealed it is gone: then there is nothing left to revoke with. */
function readableGrant (vault: Vault, id: string, pending: string): Grant | undefined {
  try {
    return toGrant(vault, id, pending)
  } catch (error) {
    if (error instanceof VaultError) return undefined
    throw error
  }
}

function toGrant (vault: Vault, id: string, pending: string): Grant {
  const { expiresAt, ...grant }: Omit<Grant, 'expiresAt'> & { expiresAt?: string } = JSON.parse(vault.open(pending, contextOf(id)))
  return { ...grant, ...expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt) } }
}

function contextOf (id: string): Place {
  return { table: 'handshakes', column: 'pending', id }
}
