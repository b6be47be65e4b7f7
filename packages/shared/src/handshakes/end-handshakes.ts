import { and, eq, gt, isNotNull, isNull, ne } from 'drizzle-orm'
import type { SQL } from 'drizzle-orm'
import { handshakes } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import type { Vault } from '../vault/index.ts'
import { ofBrowsers } from './browsers.ts'
import { heldColumns, revokeGrants } from './obtained-grants.ts'

/** Where the handshakes end, and which providers can revoke the grants that they hold. */
export interface EndingHandshakes {
  database: Pick<Database, 'db'>
  vault: Vault
  canRevoke: (provider: string) => boolean
}

/** Fails the browser's other confirmed handshakes at a provider whose callbacks do not identify a handshake. */
export async function supersedeHandshakes (
  ending: EndingHandshakes, { id, browsers, provider }: { id: string, browsers: string[], provider: string }, now: number
): Promise<void> {
  if (browsers.length === 0) return
  await endHandshakes(ending, 'superseded', and(ofBrowsers(browsers, provider), ne(handshakes.id, id)), now)
}

/** Fails the handshake, because the user does not want to continue. False when it has ended, or a request is ending it. */
export async function cancelHandshake (ending: EndingHandshakes, id: string, now: number): Promise<boolean> {
  return await endHandshakes(ending, 'canceled', eq(handshakes.id, id), now) === 1
}

/**
 * Fails the user's open handshakes, and erases the secrets that those which were completed still show. Returns the number of
 * handshakes that it failed.
 */
export async function endHandshakesOf (ending: EndingHandshakes, userId: string, now: number): Promise<number> {
  await ending.database.db.update(handshakes).set({ newSecret: null }).where(and(
    eq(handshakes.userId, userId), gt(handshakes.expiresAt, new Date(now)), isNotNull(handshakes.newSecret)))
  return await endHandshakes(ending, 'tokensRevoked', eq(handshakes.userId, userId), now)
}

/** Those that a request has claimed are about to end by themselves. */
async function endHandshakes (
  { database: { db }, vault, canRevoke }: EndingHandshakes, error: string, which: SQL | undefined, now: number
): Promise<number> {
  return await db.transaction(async (tx) => {
    const ended = await tx.select(heldColumns).from(handshakes).where(and(
      which, eq(handshakes.status, 'pending'), isNull(handshakes.claimedAt), gt(handshakes.expiresAt, new Date(now))
    )).orderBy(handshakes.id).for('update')
    for (const { id } of ended) {
      const end = { status: 'failed', error, claimedAt: new Date(now), obtainedAt: null, pending: null } as const
      await tx.update(handshakes).set(end).where(eq(handshakes.id, id))
    }
    await revokeGrants({ db: tx }, vault, ended, canRevoke)
    return ended.length
  })
}
