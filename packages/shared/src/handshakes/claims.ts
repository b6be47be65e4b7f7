import { and, eq, isNull, lte, or, sql } from 'drizzle-orm'
import { handshakes } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import { isPending, stillOpen } from './handshakes.ts'

/** More attempts than a user needs, and too few to guess a verifier or a code. */
export const maxTries = 10

/**
 * Claims the handshake for one attempt with a verifier or a code. Returns the number of remaining attempts, or undefined while
 * another request has the claim or when the handshake has ended.
 */
export async function claimTry ({ db }: Database, id: string, now: number): Promise<number | undefined> {
  const [row] = await db.update(handshakes).set({ claimedAt: new Date(now), attempts: sql`${handshakes.attempts} + 1` })
    .where(stillOpen(id, now)).returning({ attempts: handshakes.attempts })
  return row === undefined ? undefined : Math.max(0, maxTries - row.attempts)
}

/** Releases the claim on a handshake, for another attempt. */
export async function releaseHandshake ({ db }: Database, id: string): Promise<void> {
  await db.update(handshakes).set({ claimedAt: null }).where(isPending(id))
}

/**
 * Claims the right to poll the provider for the entry of the code. No other process may poll for `leaseMs`, or until
 * `schedulePoll`. False when it is too early, another process polls, or the handshake has ended.
 */
export async function claimPoll ({ db }: Database, id: string, leaseMs: number, now: number): Promise<boolean> {
  const rows = await db.update(handshakes).set({ askAt: new Date(now + leaseMs) })
    .where(and(stillOpen(id, now), or(isNull(handshakes.askAt), lte(handshakes.askAt, new Date(now)))))
    .returning({ id: handshakes.id })
  return rows.length === 1
}

/** Allows the next poll at `nextAt`, in milliseconds since the epoch. */
export async function schedulePoll ({ db }: Database, id: string, nextAt: number): Promise<void> {
  await db.update(handshakes).set({ askAt: new Date(nextAt) }).where(eq(handshakes.id, id))
}
