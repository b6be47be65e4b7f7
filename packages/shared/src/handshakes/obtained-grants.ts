import { and, eq, gt, isNotNull, isNull, lte, or, sql } from 'drizzle-orm'
import { handshakes } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import type { Grant } from '../providers/index.ts'
import { sealContext, VaultError } from '../vault/index.ts'
import type { Vault } from '../vault/index.ts'
import { failHandshake, hashSecret, isPending, stillOpen } from './handshakes.ts'
import type { Handshake } from './handshakes.ts'
import { queueRevocation, queueRevocations, toRevocation } from '../grants/index.ts'
import { reviveGrant } from '../grants/index.ts'

/** How long the user may take to confirm the account. */
const decisionMs = 10 * 60 * 1000
/** A request stores or discards the grant that it claimed well within this time, unless its process has crashed. */
const claimTimeoutMs = 5 * 60 * 1000
const maxAbandoned = 100

/**
 * Stores the grant of a claimed handshake, sealed, until the user confirms the account, and releases the claim. False when the
 * handshake has ended, and then the grant is not stored.
 */
export async function holdGrant ({ db }: Database, vault: Vault, id: string, grant: Grant, now: number): Promise<boolean> {
  const rows = await db.update(handshakes).set({
    pending: vault.seal(JSON.stringify(grant), sealContext('handshakes.pending', id)),
    obtainedAt: new Date(now),
    claimedAt: null,
    expiresAt: sql`greatest(${handshakes.expiresAt}, ${new Date(now + decisionMs).toISOString()}::timestamptz)`
  }).where(and(isPending(id), isNotNull(handshakes.claimedAt))).returning({ id: handshakes.id })
  return rows.length === 1
}

/**
 * Stores the grant of the first account that opened the link with `code`, until the user confirms the account. False when no
 * open handshake has this link, or another account has opened it.
 */
export async function holdOpenedGrant (
  { db }: Database, vault: Vault, { provider, code, grant }: { provider: string, code: string, grant: Grant }, now: number
): Promise<boolean> {
  const isOfLink = and(eq(handshakes.stateHash, hashSecret(code)), eq(handshakes.provider, provider), eq(handshakes.kind, 'link'))
  const [found] = await db.select({ id: handshakes.id }).from(handshakes).where(isOfLink)
  if (found === undefined) return false
  const rows = await db.update(handshakes).set({
    pending: vault.seal(JSON.stringify(grant), sealContext('handshakes.pending', found.id)),
    obtainedAt: new Date(now),
    expiresAt: sql`greatest(${handshakes.expiresAt}, ${new Date(now + decisionMs).toISOString()}::timestamptz)`
  }).where(stillOpen(found.id, now)).returning({ id: handshakes.id })
  return rows.length === 1
}

/** The grant that waits for the user's decision, if any. Throws VaultError. */
export function openObtainedGrant (
  vault: Vault, { id, pending, isObtained }: Pick<Handshake, 'id' | 'pending' | 'isObtained'>
): Grant | undefined {
  return isObtained && pending !== null ? toGrant(vault, id, pending) : undefined
}

/**
 * Claims the handshake for the user's decision and returns the grant. Undefined after the decision or the end of the handshake.
 * The row keeps the sealed grant until then: if this process crashes, `revokeAbandonedGrants` finds it.
 */
export async function claimObtainedGrant (
  { db }: Database, vault: Vault, id: string, now: number
): Promise<Grant | undefined> {
  const [row] = await db.update(handshakes).set({ claimedAt: new Date(now) }).where(and(
    isPending(id), isNull(handshakes.claimedAt), isNotNull(handshakes.obtainedAt), gt(handshakes.expiresAt, new Date(now))
  )).returning({ pending: handshakes.pending })
  return row === undefined || row.pending === null ? undefined : toGrant(vault, id, row.pending)
}

/**
 * Fails a handshake whose grant no connection uses, and queues the revocation of the grant where `canRevoke`, in one
 * transaction. A completed handshake keeps its grant.
 */
export async function discardGrant (
  { db }: Pick<Database, 'db'>, vault: Vault,
  { id, provider, grant, error, canRevoke }: { id: string, provider: string, grant: Grant, error: string, canRevoke: boolean }
): Promise<void> {
  await db.transaction(async (tx) => {
    const isFailed = await failHandshake({ db: tx }, id, error)
    if (!isFailed || !canRevoke) return
    await queueRevocation({ db: tx }, vault, toRevocation(provider, grant))
  })
}

/**
 * Removes the grants of expired handshakes that no user confirmed, and queues their revocation where the provider can revoke. A
 * claimed grant counts as abandoned after `claimTimeoutMs`.
 */
export async function revokeAbandonedGrants (
  { db }: Database, vault: Vault, canRevoke: (provider: string) => boolean, now: number
): Promise<number> {
  return await db.transaction(async (tx) => {
    const abandoned = await tx.select(heldColumns).from(handshakes).where(and(
      eq(handshakes.status, 'pending'), isNotNull(handshakes.obtainedAt), lte(handshakes.expiresAt, new Date(now)),
      or(isNull(handshakes.claimedAt), lte(handshakes.claimedAt, new Date(now - claimTimeoutMs)))
    )).orderBy(handshakes.expiresAt).limit(maxAbandoned).for('update', { skipLocked: true })
    for (const { id } of abandoned) {
      await tx.update(handshakes).set({ obtainedAt: null, pending: null }).where(eq(handshakes.id, id))
    }
    await revokeGrants({ db: tx }, vault, abandoned, canRevoke)
    return abandoned.length
  })
}

/** What `revokeGrants` needs of the rows. */
export const heldColumns = {
  id: handshakes.id, provider: handshakes.provider, pending: handshakes.pending, obtainedAt: handshakes.obtainedAt
}

type EndedRow = Pick<typeof handshakes.$inferSelect, keyof typeof heldColumns>

/** Queues the revocation of the grants that these handshakes held, where the provider can revoke. */
export async function revokeGrants (
  database: Pick<Database, 'db'>, vault: Vault, rows: EndedRow[], canRevoke: (provider: string) => boolean
): Promise<void> {
  await queueRevocations(database, vault, rows.flatMap(({ id, provider, pending, obtainedAt }) => {
    if (obtainedAt === null || pending === null || !canRevoke(provider)) return []
    const grant = readableGrant(vault, id, pending)
    if (grant === undefined) return []
    return [toRevocation(provider, grant)]
  }))
}

/** Undefined without the key that sealed the grant. The grant then cannot be revoked. */
function readableGrant (vault: Vault, id: string, pending: string): Grant | undefined {
  try {
    return toGrant(vault, id, pending)
  } catch (error) {
    if (error instanceof VaultError) return undefined
    throw error
  }
}

function toGrant (vault: Vault, id: string, pending: string): Grant {
  return reviveGrant(JSON.parse(vault.open(pending, sealContext('handshakes.pending', id))))
}
