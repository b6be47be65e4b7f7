import { createHash, randomBytes } from 'node:crypto'
import { and, eq, gt, isNull } from 'drizzle-orm'
import { handshakes, newId, users } from '../db/index.ts'
import type { Database } from '../db/index.ts'

const lifetimeMs = 10 * 60 * 1000

export interface Handshake {
  id: string
  userId: string
  /** The person as the site knows them, for the page that asks for confirmation. */
  userName: string
  provider: string
  kind: 'redirect' | 'verifier' | 'code'
  status: 'pending' | 'completed' | 'failed' | 'expired'
  error: string | null
  returnTo: string | null
  connectionId: string | null
  /** Whether a callback has taken it: it works once. */
  claimed: boolean
  browserHash: string | null
  expiresAt: Date
}

/** Opens a handshake that lives for ten minutes from `now` (milliseconds since the epoch). */
export async function createHandshake (
  { db }: Database,
  { userId, provider, returnTo }: { userId: string, provider: string, returnTo: string | undefined },
  now: number
): Promise<string> {
  const id = newId()
  await db.insert(handshakes).values({
    id, userId, provider, kind: 'redirect', returnTo: returnTo ?? null, createdAt: new Date(now), expiresAt: new Date(now + lifetimeMs)
  })
  return id
}

export async function findHandshake ({ db }: Database, id: string, now: number): Promise<Handshake | undefined> {
  const [row] = await selectHandshakes(db).where(eq(handshakes.id, id))
  return row === undefined ? undefined : toHandshake(row, now)
}

/** The handshake whose answer carries `state`. Finding it proves nothing yet: the browser's secret must match too. */
export async function findHandshakeByState ({ db }: Database, state: string, now: number): Promise<Handshake | undefined> {
  const [row] = await selectHandshakes(db).where(eq(handshakes.stateHash, hash(state)))
  return row === undefined ? undefined : toHandshake(row, now)
}

/**
 * Binds a pending handshake to the browser that confirmed it and answers a fresh `state` for the trip through the provider,
 * or undefined when it is over. Confirming again starts the trip anew.
 */
export async function confirmHandshake (
  { db }: Database, { id, browser }: { id: string, browser: string }, now: number
): Promise<string | undefined> {
  const state = randomBytes(32).toString('base64url')
  const rows = await db.update(handshakes).set({ stateHash: hash(state), browserHash: hash(browser), confirmedAt: new Date(now) })
    .where(stillOpen(id, now)).returning({ id: handshakes.id })
  return rows.length === 1 ? state : undefined
}

/** Takes the handshake for the one callback that may use it. False when another has, or it is over. */
export async function claimHandshake ({ db }: Database, id: string, now: number): Promise<boolean> {
  const rows = await db.update(handshakes).set({ claimedAt: new Date(now) })
    .where(stillOpen(id, now)).returning({ id: handshakes.id })
  return rows.length === 1
}

/** Ends a claimed handshake; one that has ended stays as it is. */
export async function completeHandshake ({ db }: Database, id: string, connectionId: string): Promise<void> {
  await db.update(handshakes).set({ status: 'completed', connectionId }).where(isPending(id))
}

/** Ends a claimed handshake; one that has ended stays as it is. `error` is a reason code of ours, as the site sees it. */
export async function failHandshake ({ db }: Database, id: string, error: string): Promise<void> {
  await db.update(handshakes).set({ status: 'failed', error }).where(isPending(id))
}

/** Whether `browser`, the secret of the browser's cookie, is the one that confirmed. */
export function isBrowserOf (handshake: Handshake, browser: string): boolean {
  return handshake.browserHash === hash(browser)
}

function stillOpen (id: string, now: number) {
  return and(isPending(id), isNull(handshakes.claimedAt), gt(handshakes.expiresAt, new Date(now)))
}

function isPending (id: string) {
  return and(eq(handshakes.id, id), eq(handshakes.status, 'pending'))
}

function selectHandshakes (db: Database['db']) {
  return db.select({ handshake: handshakes, displayName: users.displayName, externalId: users.externalId })
    .from(handshakes).innerJoin(users, eq(users.id, handshakes.userId))
}

function toHandshake (
  { handshake, displayName, externalId }: Awaited<ReturnType<typeof selectHandshakes>>[number], now: number
): Handshake {
  const { stateHash, createdAt, claimedAt, ...rest } = handshake
  const expired = rest.status === 'pending' && rest.expiresAt.getTime() <= now
  return { ...rest, status: expired ? 'expired' : rest.status, claimed: claimedAt !== null, userName: displayName ?? externalId }
}

/** Secrets of 256 bits, compared as hashes: equality of hashes tells nothing by its timing. */
function hash (secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}
