import { and, eq, isNull, lte, or, sql } from 'drizzle-orm'
import { handshakes } from '../db/index.ts'
import type { Database } from '../db/index.ts'
import { stillOpen } from './handshakes.ts'

/** Nobody mistypes a verifier more often than that, and nobody guesses one within it. */
export const mostVerifiers = 10

/**
 * Takes the handshake for one try of a verifier. Answers how many more there may be after it, or undefined when another is
 * being tried right now, or it is over.
 */
export async function claimVerifierTry ({ db }: Database, id: string, now: number): Promise<number | undefined> {
  const [row] = await db.update(handshakes).set({ claimedAt: new Date(now), attempts: sql`${handshakes.attempts} + 1` })
    .where(stillOpen(id, now)).returning({ attempts: handshakes.attempts })
  return row === undefined ? undefined : Math.max(0, mostVerifiers - row.attempts)
}

/** Gives a claimed handshake back, for another try. */
export async function releaseHandshake ({ db }: Database, id: string): Promise<void> {
  await db.update(handshakes).set({ claimedAt: null }).where(and(eq(handshakes.id, id), eq(handshakes.status, 'pending')))
}

/**
 * The right to ask the provider whether the code has been entered: for `leaseMs`, or until `endTurn`, nobody else in any
 * process has it. False while it is too early, or somebody is asking, or it is over.
 */
export async function takeTurn ({ db }: Database, id: string, leaseMs: number, now: number): Promise<boolean> {
  const rows = await db.update(handshakes).set({ askAt: new Date(now + leaseMs) })
    .where(and(stillOpen(id, now), or(isNull(handshakes.askAt), lte(handshakes.askAt, new Date(now)))))
    .returning({ id: handshakes.id })
  return rows.length === 1
}

/** The provider may be asked again at `next`, milliseconds since the epoch. */
export async function endTurn ({ db }: Database, id: string, next: number): Promise<void> {
  await db.update(handshakes).set({ askAt: new Date(next) }).where(eq(handshakes.id, id))
}
